"""Names for pieces: two words, drawn from the piece's seed."""

from __future__ import annotations

import random

FIRST_WORDS = """
Amber Autumn Basalt Blue Borrowed Bright Cedar Clear Cobalt Copper Coral Distant Dusk Early
Ember Evening Faint Fern First Folded Glass Golden Granite Green Half Harbour Hidden Hollow
Indigo Inland Ivory Juniper Lantern Last Late Linen Little Low Lunar Marble Meadow Midnight Mist
Morning Moss North Northern Ochre Open Opal Orchard Outer Paper Pale Pearl Pine Quiet Rain River
Rose Rust Saffron Sand Scarlet Second Silver Slate Slow Small Snow Soft South Spare Spring Still
Stone Summer Sunday Tidal Velvet Violet Walnut Warm West White Wide Willow Winter Woven
"""
SECOND_WORDS = """
Almanac Arcade Archive Atlas Avenue Balcony Bay Beacon Bloom Border Bridge Cabin Canal Carousel
Circle Coast Compass Corridor Courtyard Crossing Current Dance Delta Drift Echo Estuary Ferry
Field Figure Garden Gate Harbour Hill Horizon Hour Island Journey Kite Lagoon Landing Lane
Lantern Letter Lighthouse Lily Line Map Market Meridian Mirror Morning Motion Mountain Novel
Orbit Orchard Parade Passage Path Pavilion Pier Platform Procession Promenade Radio Reverie
Ridge River Road Room Sail Season Shore Signal Sketch Sleeper Sparrow Square Stair Station Step
Story Stream Street Tangent Terrace Thread Tide Trail Tram Valley Veranda Voyage Walk Wave
Window Yard
"""


def title(seed: int) -> str:
    rng = random.Random(seed)
    return f"{rng.choice(FIRST_WORDS.split())} {rng.choice(SECOND_WORDS.split())}"
