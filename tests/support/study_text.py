"""A text that tests upload: long enough for several questions, with words that tell its sentences apart."""

STUDY_TEXT = """Photosynthesis

Photosynthesis converts light energy into chemical energy inside the chloroplast of a plant cell. Chlorophyll is the
pigment that absorbs light, mostly in the blue and red parts of the spectrum. The light reactions take place in the
thylakoid membrane and split water into oxygen, protons and electrons. Electrons travel along a transport chain and
pump protons into the lumen of the thylakoid.

The Calvin cycle uses the energy of the light reactions to fix carbon dioxide into sugar. The enzyme Rubisco binds
carbon dioxide to a sugar with five carbon atoms. Plants of dry places open their stomata at night and store carbon
dioxide as malate until the morning. Respiration in the mitochondria releases the energy of sugar again and produces
carbon dioxide and water.
"""
