"""The figures in words: what each test asks, what was found, and how to read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from generators.evaluation import plots
from generators.evaluation.document import Document, Plot, Section, Table
from generators.evaluation.examples import Example
from generators.evaluation.reconstruction import PAPER
from generators.evaluation.summary import NOT_MEASURED, percent, summary
from generators.music import PARTS
from generators.pages import number

Found = Mapping[str, Any]


def document(figures: Found, examples: Sequence[Example]) -> Document:
    """The report of these figures and this music."""
    name = figures["model"]["name"]
    return Document(
        title=f"Evaluation of {name}",
        summary=tuple(summary(figures)),
        sections=(
            _reconstruction(figures["reconstruction"]),
            _interpolation(figures["interpolation"]),
            _statistics(figures["statistics"], figures["settings"]),
            _neighbours(figures["neighbours"]),
            _examples(examples),
            _environment(figures),
        ),
    )


def _reconstruction(found: Found) -> Section:
    title = "Reconstruction"
    if NOT_MEASURED in found:
        return Section(title, (f"Not measured: {found[NOT_MEASURED]}",))
    text = (
        f"{found['windows']} windows of held-out files go through the latent (its mean) and back. "
        "Teacher-forced: each token given the true ones so far. Sampled: decoded at temperature 1, "
        "hearing only itself. Guess: always the most common token, or event.",
        "Per step is how the paper counts; as most steps hold what sounds, a model that plays "
        "nothing looks good there. On events counts only the steps on which something is struck "
        "or ended. What training files do better than held-out ones is learnt by heart.",
        "The paper's figures are recalled, not read, and not comparable: it had other and far "
        "more music, 16 bars, and counted per step with teacher-forced tokens drawn at "
        "temperature 1 (here: the column drawn).",
        f"Loss: {found['nats']:.1f} nats of reconstruction and {number(found['kl'], 1)} nats of "
        "KL a window.",
    )
    seen = found["on_training_files"]
    columns = [found[column] for column in ("forced", "drawn", "sampled", "guess")]
    columns += [seen["forced"], seen["sampled"]]
    head = (
        "part",
        *("teacher-forced", "drawn", "sampled", "guess"),
        *("training files, forced", "training files, sampled"),
    )
    events, steps = (
        tuple(
            (part, *(number(column[counted][i]) for column in columns))
            for i, part in enumerate(PARTS)
        )
        for counted in ("events", "steps")
    )
    paper = tuple(
        (
            f"trio, {part}",
            *(
                number(PAPER[kind][way][i])
                for way in ("forced", "sampled")
                for kind in ("flat", "hierarchical")
            ),
        )
        for i, part in enumerate(PARTS)
    )
    ways = ("flat, forced", "hierarchical, forced", "flat, sampled", "hierarchical, sampled")
    tables = (
        Table("Share right, on events only", head, events),
        Table("Share right, per step, as the paper counts", head, steps),
        Table("The paper (per step; recalled; other music)", ("part", *ways), paper),
    )
    plot = Plot(
        "reconstruction",
        "Share of held-out events right, by part.",
        plots.reconstruction_plot(found),
    )
    return Section(title, text, tables, (plot,))


def _interpolation(found: Found) -> Section:
    title = "Interpolation"
    if NOT_MEASURED in found:
        return Section(title, (f"Not measured: {found[NOT_MEASURED]}",))
    text = (
        f"{found['pairs']} pairs of held-out windows A and B, of different tunes. Along the great "
        "circle of their latents we decode a melody at each place (temperature 0.5); the rival "
        "takes each step from A or B by the toss of a coin. Distance is the share of steps that "
        "differ from A's. Cost is nats a step under a 5-gram model of the training melodies, over "
        "the straight mix of the true ends' costs, minus 1.",
        "Good is a distance that rises evenly from low on the left, and a cost near 0 all along. "
        "Above 0, the way leads through what is no melody; far below, through what is simpler than "
        "music. The distance at 0 is what reconstruction loses. "
        f"The true melodies cost {found['ends_cost']:.2f} nats a step.",
    )
    rows = tuple(
        (
            f"{place:.1f}",
            *(
                f"{found[way][what][i]:{form}}"
                for what, form in (("distance", ".3f"), ("relative_cost", "+.3f"))
                for way in ("latent", "coin")
            ),
        )
        for i, place in enumerate(found["places"])
    )
    head = ("place", "distance, latents", "distance, coin", "cost, latents", "cost, coin")
    caption = "From A (0) to B (1): distance to A, and relative cost"
    table = Table(caption, head, rows, folded=True)
    caption = "Left: distance to A along the way. Right: relative cost; 0 is as likely as the ends."
    plot = Plot("interpolation", caption, plots.interpolation_plot(found))
    return Section(title, text, (table,), (plot,))


def _statistics(found: Found, settings: Found) -> Section:
    count = settings["candidates"]
    scores, gain = found["scores"], found["gain_of_choosing"]
    text = (
        f"{settings['samples']} samples from the prior at temperature {settings['temperature']} "
        "against held-out music, each tune counting alike. K = 1: as they come. Best of K: the "
        f"one of {count} that the critic likes most; K = 1 is the first of the same {count}. "
        "For scale: the training music itself, and other held-out tunes (half of them against "
        "the rest; few tunes, so this is no upper bound).",
        "Overlap is the area that two distributions share (1: the same). KL is the divergence "
        "from the held-out distribution in nats (0: the same). The distance overlap is Yang and "
        "Lerch's, of distances between windows.",
        f"The critic's mean score: {number(scores['one'])} for K = 1, {number(scores['best'])} "
        f"for the best of {count}, {number(scores['held_out'])} for held-out music. Choosing "
        f"changes the mean overlap by {gain['difference']:+.3f} (95 % interval "
        f"{gain['low']:+.3f} to {gain['high']:+.3f}).",
    )
    sets = [name for name in ("one", "best", "training", "other_held_out") if _has(found, name)]
    head = ("feature", *(plots.NAMES[name] for name in sets))
    tables = [
        Table(
            caption,
            head,
            tuple(
                (f["name"], *(number(f["alike"][name][figure]) for name in sets))
                for f in found["features"]
            ),
            folded=figure != "overlap",
        )
        for caption, figure in (
            ("Overlap with held-out music", "overlap"),
            ("KL from held-out music, nats", "kl"),
            ("Distance overlap with held-out music", "distance_overlap"),
        )
    ]
    means = ("held_out", "one", "best", "training")
    tables.append(
        Table(
            "Means",
            ("feature", "unit", *(plots.NAMES[name] for name in means)),
            tuple(
                (f["name"], f["unit"], *(number(f["means"][name], 2) for name in means))
                for f in found["features"]
            ),
            folded=True,
        )
    )
    drawn = (
        Plot("overlap", "Overlap with held-out music, by feature.", plots.overlap_plot(found)),
        Plot("distributions", "The distributions.", plots.distributions_plot(found)),
    )
    return Section("Samples against held-out music", text, tuple(tables), drawn)


def _has(found: Found, name: str) -> bool:
    return name in found["mean_overlap"]


def _neighbours(found: Found) -> Section:
    text = (
        "A melody is compared by its moves, semitones and sixteenths from note to note, so in any "
        "key. Held-out music shows how much is shared by chance and custom (scales, turns of "
        "a style); samples that share much more would be copies. Repeated notes do not count "
        "towards a stretch. The known share counts every eight notes on end that move, and "
        "every two bars with at least four notes.",
    )
    names = ("one", "best", "held_out")
    rows = tuple(
        (
            plots.NAMES[name],
            number(found[name]["median_notes"], 0),
            number(found[name]["p95_notes"], 0),
            str(len(found[name]["longest_notes"]) - 1),
            percent(found[name]["known_eight_notes"]),
            percent(found[name]["known_two_bars"]),
        )
        for name in names
    )
    head = ("windows", "longest, median", "95 % below", "most", "8 notes known", "2 bars known")
    tables = [Table("Longest stretch shared with training melodies, in notes", head, rows)]
    if found["most_like"]:
        most = tuple(
            (f"sample {like['sample']}", f"{like['notes']} notes", like["file"])
            for like in found["most_like"]
        )
        columns = ("chosen sample", "shared stretch", "with a melody of")
        tables.append(
            Table("The chosen samples most like training music", columns, most, words=True)
        )
    plot = Plot(
        "neighbours",
        "Windows whose longest stretch known from training has at least so many notes.",
        plots.neighbours_plot(found),
    )
    return Section("Nearest training neighbours", text, tuple(tables), (plot,))


def _examples(examples: Sequence[Example]) -> Section:
    text = (
        "In samples/, as MIDI. The samples are the first ten, not the best ten. Originals are "
        "held-out windows; under the same number, what came back through the latent.",
    )
    rows = tuple((f"{example.name}.mid", example.what) for example in examples)
    table = Table("Files", ("file", "what it is"), rows, words=True)
    return Section("To listen to", text, (table,))


def _environment(figures: Found) -> Section:
    corpus = figures["corpus"]
    sets = ", ".join(f"{name} {count}" for name, count in corpus["held_out_sets"].items())
    facts = {
        "model": f"{figures['model']['name']}, sha256 {figures['model']['sha256']}",
        "corpus": f"sha256 {corpus['sha256']}",
        "held out": f"{corpus['held_out_tunes']} tunes; windows by set: {sets}",
        "training side": f"{corpus['training_tunes']} tunes measured, "
        f"{corpus['training_melodies']} melodies searched",
        **{name: str(value) for name, value in figures["settings"].items()},
        **{name: str(value) for name, value in figures["environment"].items()},
    }
    table = Table("What was measured, on what", ("what", "value"), tuple(facts.items()), words=True)
    return Section("Environment", ("All numbers are in figures.json.",), (table,))
