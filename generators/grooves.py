"""The grooves of mma's library that a trio can use.

Of the 1,165 grooves in the standard library of mma 21.09 these are in 4/4, have a bass and drums
that both play in nearly every bar of a test chart, and put at least nine notes in ten of each on
the grid of sixteenths. Introductions and endings are left out, and so are the versions that only
add sustained chords. Of the 196 that remain those are here whose basses strike at least 2.4 notes
a bar under 276 lead sheets and clash with few melodies, and whose drums are more than one bar over
and over. What follows a stroke is the groove's own fill, played every eighth bar.

The other folders of mma's library are not used: their patterns were converted from keyboards and
drum machines on sale, and nobody says that they may be passed on.
"""

from __future__ import annotations

_LISTED = """
50sRock 50sRockPlus 50sRock1Plus 60sRockPlus 8Beat/8BeatFill 8Beat1 8BeatWalk 8BeatPlus
8Beat1Plus 8BeatWalkPlus BasicRock4 Bebop BebopPlus Beguine/BeguineFill Beguine1
BigBand/BigBandFill BlueGrass BlueGrassClap BlueGrassBottle BlueGrassBottleClap Blues
BluesTriple BluesTripleL BluesTripleR Blues1 Bolero/BoleroFill BoleroAlt/BoleroAltFill
BoneyM/BoneyMFill BoneyMPlus BossaNova/BossaNovaFill BossaNovaPlus BubbleRock/BubbleRockFill
BubbleRockPlus Calypso Calypso1 CalypsoPlus Calypso1Plus ChaCha/ChaChaFill ChaCha1/ChaCha1Fill
CountryBlues/CountryBluesFill CountryBluesWalk/CountryBluesWalkFill
CountryBlues1/CountryBlues1Fill CountryBlues1Walk/CountryBlues1WalkFill CountrySwing
CountrySwing1 CountrySwing2 Desert/DesertFill DixieMarch DixieMarchPlus DSoul/DSoulFill
DSoulPlus EasySwingWalk/EasySwingWalkFill EasySwing42Walk/EasySwing42WalkFill
FolkRock/FolkRockFill FolkRockPlus Foxtrot/FoxtrotFill FoxTrotPlus Foxtrot1 FoxTrot1Plus
GuitarBallad GuitarBallad1 JiveClap Jive1Clap LFusion LFusion1 LightTango/LightTangoFill
LightTango1 Mambo Mambo1 Mambo2 Mambo3 ModernJazz/ModernJazzFill ModernJazz1 ModernJazz2
PianoBallad/PianoBalladFill PianoBallad1 PianoBallad2 Polka PolkaArp Polka1 Polka1Arp PopBallad
PopBallad1 PopBallad2 PopBalladPlus PopBallad1Plus PopBallad2Plus QuickStepWalk QuickStepHitWalk
QuickStepDuhWalk R&B-BalladPlus Rhumba Rhumba1 Rhumba2 Rhumba3 Salsa/SalsaFill SalsaPlus
Samba/SambaFill SambaPlus Ska Ska1 SkaClap SlowBluesWalk4 SlowBluesWalk8 SlowBlues12Triple
SlowBlues34Triple SlowBlues4Triple SlowBolero SlowBoleroPlus SlowBolero1 SlowBroadway
SlowBroadway1 SlowCountryWalkPlus SoftRock1 Softshoe SoftShoePlus Son SonPlus Spiritual
SpiritualPlus Tango Tango1 TangoClean TangoCleanPlus Trance Trance1 Trance2 Twist Twist4
WesternSwing WesternSwingPlus
"""

# Groove: the groove of its fill, or nothing.
GROOVES: dict[str, str] = {
    name: fill for name, _, fill in (entry.partition("/") for entry in _LISTED.split())
}
