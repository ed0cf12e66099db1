"""What a model's source says of its fields."""

from __future__ import annotations

from pydantic import create_model
from twisted.trial.unittest import SynchronousTestCase

from collector.component import Config
from collector.config.comments import comments


class Tea(Config):
    """Nothing said of the class is said of a field."""

    #: In degrees,
    #: of the water.
    heat: int = 96
    leaves: int = 3

    #: Nobody drinks it cold.

    cup: str = ""


class Chai(Tea):
    #: More of them.
    leaves: int = 9
    #: Always.
    milk: bool = True


class CommentsTests(SynchronousTestCase):
    def test_a_comment_is_what_stands_right_above_a_field(self) -> None:
        self.assertEqual(comments(Tea), {"heat": "In degrees, of the water."})

    def test_models_say_what_their_bases_say_unless_they_say_more(self) -> None:
        said = {"heat": "In degrees, of the water.", "leaves": "More of them.", "milk": "Always."}
        self.assertEqual(comments(Chai), said)

    def test_a_model_without_a_source_says_what_its_bases_say(self) -> None:
        self.assertEqual(comments(create_model("Made", __base__=Tea)), comments(Tea))
