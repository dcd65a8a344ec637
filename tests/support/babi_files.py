"""Small bAbI files in the publisher's layouts, from the generator."""

from lava_ahp.tasks.babi import generator

SLUGS = {1: "single-supporting-fact", 6: "yes-no-questions", 15: "basic-deduction"}
SIZES = {"train": 100, "validation": 20, "test": 30}
FILES = {"train": "train", "validation": "valid", "test": "test"}


def write(folder, numbers=(1,), *, classic=False, sizes=SIZES):
    """``qaN_{train,valid,test}.txt`` for every task, or ``qaN_slug_{train,test}.txt`` in the classic layout."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        for split, text in generator.generate(number, sizes).items():
            if not (classic and split == "validation"):
                slug = f"_{SLUGS[number]}" if classic else ""
                (folder / f"qa{number}{slug}_{FILES[split]}.txt").write_text(text)
    return folder
