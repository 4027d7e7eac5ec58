"""LlamaIndex by its class for servers that speak OpenAI's chat completions."""

from importlib.metadata import version

import openai
import pydantic
from checks import BASE_URL, KEY, PNG, WEATHER_QUESTION, failing, raised, run, weather
from llama_index.core.llms import ChatMessage, ImageBlock, TextBlock
from llama_index.core.prompts import PromptTemplate
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai_like import OpenAILike


def way(model, **more):
    given = {"api_base": f"{BASE_URL}/v1", "api_key": KEY, "max_retries": 0, "is_chat_model": True}
    return OpenAILike(model=model, is_function_calling_model=True, **{**given, **more})


class Trip(pydantic.BaseModel):
    """A trip."""

    city: str
    days: int


def says(text):
    return [ChatMessage(role="user", content=text)]


def chat(model):
    answer = way(model).chat(says("Say hello."))
    usage = answer.raw.usage
    return [answer.message.content, answer.raw.choices[0].finish_reason, usage.prompt_tokens, usage.completion_tokens]


def stream(model):
    text, finish, usage = "", None, None
    options = {"stream_options": {"include_usage": True}}
    for chunk in way(model, additional_kwargs=options).stream_chat(says("Say hello.")):
        text += chunk.delta or ""
        finish = (chunk.raw.choices[0].finish_reason if chunk.raw.choices else None) or finish
        usage = chunk.raw.usage or usage
    assert chunk.message.content == text
    return [text, finish, usage.prompt_tokens, usage.completion_tokens]


def answered(model, answer):
    """Sends the tools' results back."""
    found = way(model).get_tool_calls_from_response(answer)
    calls = [[call.tool_id, call.tool_name, call.tool_kwargs] for call in found]
    results = [
        ChatMessage(role="tool", content=weather(**given), additional_kwargs={"tool_call_id": id})
        for id, _, given in calls
    ]
    history = [*says(WEATHER_QUESTION), answer.message, *results]
    return [answer.raw.choices[0].finish_reason, calls, way(model).chat_with_tools([TOOL], chat_history=history).message.content]


TOOL = FunctionTool.from_defaults(fn=weather, name="weather", description="How warm it is")


def tools(model):
    return answered(model, way(model).chat_with_tools([TOOL], user_msg=WEATHER_QUESTION, allow_parallel_tool_calls=True))


def tools_streamed(model):
    *_, last = way(model).stream_chat_with_tools([TOOL], user_msg=WEATHER_QUESTION, allow_parallel_tool_calls=True)
    return answered(model, last)


def object(model):
    question = PromptTemplate("Which city, and for how many days?")
    found = [
        way(model, should_use_structured_outputs=native).structured_predict(Trip, question) for native in (True, False)
    ]
    assert found[0] == found[1], found
    return found[0].model_dump()


def picture(model):
    blocks = [TextBlock(text="What is in the picture?"), ImageBlock(image=PNG.encode(), image_mimetype="image/png")]
    return way(model).chat([ChatMessage(role="user", blocks=blocks)]).message.content.replace(PNG, "PNG")


def wrong_key():
    return raised(lambda: way("scripted/m", api_key="sk-wrong").chat(says("Say hello.")))


def wrong_model():
    return raised(lambda: way("nobody/m").chat(says("Say hello.")))


def refused(model):
    return raised(lambda: way(model).chat(says("Refuse with 400.")))


def busy(model):
    return raised(lambda: way(failing("busy", model)).chat(says("Refuse with 429.")))


def cut(model):
    text = ""
    try:
        for chunk in way(failing("frail", model)).stream_chat(says("Break off.")):
            text += chunk.delta or ""
    except openai.APIError:
        return [text, "an error"]
    return [text, "a clean end"]


def leave(model):
    pieces = way(model).stream_chat(says("Speak without end."))
    piece = next(chunk.delta for chunk in pieces if chunk.delta)
    pieces.close()
    return piece


run(", ".join(f"{name} {version(name)}" for name in ("llama-index-core", "llama-index-llms-openai-like")), [
    chat, stream, tools, tools_streamed, object, picture, wrong_key, wrong_model, refused, busy, cut, leave,
])
