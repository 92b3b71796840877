"""The last room of a disk: files for people leave it to what goes on air."""

KEEP_FREE_BYTES, KEEP_FREE_SHARE = 512 << 20, 0.1  # of a small disk the share
