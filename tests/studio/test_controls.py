"""The page's controls are the request's fields."""

import httpx

from chipgen.music.midi import read_midi
from chipgen.request import Request, request_fields
from chipgen.studio.exports import offered
from chipgen.studio.page_messages import MAX_BARS
from chipgen.studio.score_json import ScoreJson, score_of
from synth.instrument.preset_loader import preset_names
from tests.studio.sessions import EXAMPLES


def test_about_names_what_there_is(client: httpx.Client) -> None:
    """The page learns models, presets, examples, formats and limits, and all of them exist."""
    about = client.get("/api/about").json()
    assert [preset["name"] for preset in about["presets"]] == preset_names()
    fields = {field["name"]: field for field in about["request"]}
    assert list(fields) == list(request_fields(Request))
    models = [model["name"] for model in about["models"]]
    assert fields["model"]["default"] in models
    assert [choice["value"] for choice in fields["model"]["choices"]] == models
    assert fields["preset"]["default"] in preset_names()
    assert (fields["bars"]["minimum"], fields["bars"]["maximum"]) == (1, MAX_BARS)
    for name in ("temperature", "top_p", "tempo_bpm"):
        told, declared = fields[name], request_fields(Request)[name]
        assert (told["minimum"], told["maximum"]) == (declared.minimum, declared.maximum)
        assert (told["default"], told["help"]) == (declared.default, declared.help)
    assert about["formats"] == offered()
    assert ".mid" in about["opens"]
    for example in about["examples"]:
        score = client.get(f"/api/examples/{example['name']}").json()
        told = read_midi(EXAMPLES / f"{example['name']}.mid")
        assert score_of(ScoreJson.model_validate(score)) == told
