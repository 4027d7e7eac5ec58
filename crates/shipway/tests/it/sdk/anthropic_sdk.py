"""Anthropic's Python SDK: messages, their streams and helpers, token counts, models."""

import anthropic
import pydantic
from checks import ATTACK, BASE_URL, KEY, LAMP, PNG, WEATHER, WEATHER_QUESTION, failing, raised, run, weather

client = anthropic.Anthropic(base_url=BASE_URL, api_key=KEY, max_retries=0)
TOOL = {"name": "weather", "description": "How warm it is", "input_schema": WEATHER}


class Trip(pydantic.BaseModel):
    city: str
    days: int


def says(content, **more):
    return {"max_tokens": 64, "messages": [{"role": "user", "content": content}], **more}


def text_of(message):
    return "".join(block.text for block in message.content if block.type == "text")


def told(message):
    return [text_of(message), message.stop_reason, message.usage.input_tokens, message.usage.output_tokens]


def chat(model):
    return told(client.messages.create(model=model, **says("Say hello.")))


def stream(model):
    text, finish, usage, begun = "", None, None, None
    for event in client.messages.create(model=model, **says("Say hello."), stream=True):
        if event.type == "message_start":
            begun = event.message.usage.input_tokens
        if event.type == "content_block_delta":
            text += event.delta.text
        if event.type == "message_delta":
            finish, usage = event.delta.stop_reason, event.usage
    return [text, finish, usage.input_tokens or begun, usage.output_tokens]


def stream_helper(model):
    with client.messages.stream(model=model, **says("Say hello.")) as events:
        text = "".join(events.text_stream)
        message = events.get_final_message()
    assert text_of(message) == text
    return told(message)


def answered(model, message):
    """Sends the tools' results back."""
    calls = [[block.id, block.name, block.input] for block in message.content]
    results = [{"type": "tool_result", "tool_use_id": id, "content": weather(**given)} for id, _, given in calls]
    turns = [{"role": "assistant", "content": message.content}, {"role": "user", "content": results}]
    messages = [*says(WEATHER_QUESTION)["messages"], *turns]
    return calls, text_of(client.messages.create(model=model, max_tokens=64, messages=messages, tools=[TOOL]))


def tools(model):
    message = client.messages.create(model=model, **says(WEATHER_QUESTION, tools=[TOOL]))
    return [message.stop_reason, *answered(model, message)]


def tools_streamed(model):
    with client.messages.stream(model=model, **says(WEATHER_QUESTION, tools=[TOOL])) as events:
        message = events.get_final_message()
    return [message.stop_reason, *answered(model, message)]


def tools_run(model):
    """The SDK runs the tools and asks again by itself; its addresses end in `?beta=true`."""

    @anthropic.beta_tool(name="weather")
    def run(city: str) -> str:
        """How warm it is.

        Args:
            city: the city
        """
        return weather(city)

    return text_of(client.beta.messages.tool_runner(model=model, **says(WEATHER_QUESTION, tools=[run])).until_done())


def object(model):
    question = says("Which city, and for how many days?")
    return client.messages.parse(model=model, **question, output_format=Trip).parsed_output.model_dump()


def picture(model):
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
    question = [image, {"type": "text", "text": "What is in the picture?"}]
    return text_of(client.messages.create(model=model, **says(question))).replace(PNG, "PNG")


def thoughts(model):
    def shown(message):
        return [block.thinking + " " + block.signature if block.type == "thinking" else block.text for block in message.content]

    question = {**says("Think, then greet."), "max_tokens": 2048, "thinking": {"type": "enabled", "budget_tokens": 1024}}
    with client.messages.stream(model=model, **question) as events:
        streamed = shown(events.get_final_message())
    return [shown(client.messages.create(model=model, **question)), streamed]


def count():
    counted = client.messages.count_tokens(model="claude/claude-sonnet-4-5", messages=says("Say hello.")["messages"])
    estimated = client.messages.count_tokens(model="shop", messages=says(LAMP)["messages"])
    return [counted.input_tokens, estimated.input_tokens > 5]


def models():
    return ["shop" in [model.id for model in client.models.list()], client.models.retrieve("shop").id]


def citations():
    block = client.messages.create(model="shop", **says(LAMP)).content[0]
    cited = block.citations[0]
    return [cited.title, cited.url, cited.cited_text]


def citations_streamed():
    with client.messages.stream(model="shop", **says(LAMP)) as events:
        block = events.get_final_message().content[0]
    cited = block.citations[0]
    return [cited.title, cited.url, cited.cited_text]


def refusal():
    message = client.messages.create(model="shop", **says(ATTACK))
    return [text_of(message), message.stop_reason]


def refusal_streamed():
    with client.messages.stream(model="shop", **says(ATTACK)) as events:
        message = events.get_final_message()
    return [text_of(message), message.stop_reason]


def headers():
    raw = client.messages.with_raw_response.create(model="shop", **says(LAMP))
    trace, message = raw.headers["x-shipway-trace"], raw.parse()
    return [message.id == f"msg_{trace}", message._request_id == trace, raw.headers["x-shipway-bundle"][:2]]


def wrong_key():
    stranger = anthropic.Anthropic(base_url=BASE_URL, api_key="sk-wrong", max_retries=0)
    return raised(lambda: stranger.models.list())


def wrong_model():
    return raised(lambda: client.messages.create(model="nobody/m", **says("Say hello.")))


def wrong_request():
    return raised(lambda: client.messages.create(model="scripted/m", max_tokens=64, messages=[]))


def refused(model):
    return raised(lambda: client.messages.create(model=model, **says("Refuse with 400.")))


def busy(model):
    return raised(lambda: client.messages.create(model=failing("busy", model), **says("Refuse with 429.")))


def cut(model):
    text = ""
    try:
        with client.messages.stream(model=failing("frail", model), **says("Break off.")) as events:
            for piece in events.text_stream:
                text += piece
    except anthropic.APIError:
        return [text, "an error"]
    return [text, "a clean end"]


def leave(model):
    with client.messages.stream(model=model, **says("Speak without end.")) as events:
        return next(events.text_stream)


run(f"anthropic {anthropic.__version__}", [
    chat, stream, stream_helper, tools, tools_streamed, tools_run, object, picture, thoughts, count, models, citations,
    citations_streamed, refusal, refusal_streamed, headers, wrong_key, wrong_model, wrong_request, refused, busy, cut, leave,
])
