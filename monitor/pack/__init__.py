"""Evidence packs: what is stored about some stories, to be handed on and checked elsewhere."""
