"""LangChain by each of its ways to a server: OpenAI's chat completions and responses, and Anthropic's messages."""

from importlib.metadata import version

import anthropic
import openai
import pydantic
from checks import BASE_URL, KEY, LAMP, PNG, WEATHER_QUESTION, failing, raised, run, weather
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

GIVEN = {"base_url": f"{BASE_URL}/v1", "api_key": KEY, "max_retries": 0, "stream_usage": True}


def chat_way(model, **more):
    return ChatOpenAI(model=model, **GIVEN, **more)


def responses_way(model):
    return chat_way(model, use_responses_api=True, output_version="responses/v1")


def messages_way(model):
    return ChatAnthropic(model=model, **{**GIVEN, "base_url": BASE_URL}, max_tokens=64)


WAYS = {"chat": chat_way, "responses": responses_way, "messages": messages_way}


class Trip(pydantic.BaseModel):
    """A trip."""

    city: str
    days: int


def finish(message):
    said = message.response_metadata
    # A response ends the same way with calls as without.
    calls = "tool_calls" if message.tool_calls else said.get("status")
    return said.get("finish_reason") or said.get("stop_reason") or calls


def told(message):
    usage = message.usage_metadata
    return [message.text, finish(message), usage["input_tokens"], usage["output_tokens"]]


def chat(model, way):
    return told(way(model).invoke("Say hello."))


def joined(chunks):
    whole = None
    for chunk in chunks:
        whole = chunk if whole is None else whole + chunk
    return whole


def stream(model, way):
    return told(joined(way(model).stream("Say hello.")))


def answered(model, message):
    """Sends the tools' results back."""
    calls = [[call["id"], call["name"], call["args"]] for call in message.tool_calls]
    results = [ToolMessage(weather(**given), tool_call_id=id) for id, _, given in calls]
    return [finish(message), calls, model.invoke([HumanMessage(WEATHER_QUESTION), message, *results]).text]


def with_tools(model, way):
    def weather(city: str) -> str:
        """How warm it is."""

    return way(model).bind_tools([weather])


def tools(model, way):
    model = with_tools(model, way)
    return answered(model, model.invoke(WEATHER_QUESTION))


def tools_streamed(model, way):
    model = with_tools(model, way)
    return answered(model, joined(model.stream(WEATHER_QUESTION)))


def object(model, way):
    question = "Which city, and for how many days?"
    methods = ["json_schema", "function_calling"]
    found = [way(model).with_structured_output(Trip, method=method).invoke(question) for method in methods]
    assert found[0] == found[1], found
    return found[0].model_dump()


def picture(model, way):
    image = {"type": "image", "base64": PNG, "mime_type": "image/png"}
    content = [{"type": "text", "text": "What is in the picture?"}, image]
    return way(model).invoke([HumanMessage(content)]).text.replace(PNG, "PNG")


def embeddings():
    # Otherwise tokens are sent instead of texts, which only the tokens' own model could read.
    given = {key: GIVEN[key] for key in ("base_url", "api_key", "max_retries")}
    return OpenAIEmbeddings(model="scripted/m", check_embedding_ctx_length=False, **given).embed_documents(
        ["lamp", "tram 9"]
    )


def sources():
    """What the answer rests on, by the ways that read it: of chat completions LangChain does not."""
    found = []
    for way in (responses_way, messages_way):
        for message in (way("shop").invoke(LAMP), joined(way("shop").stream(LAMP))):
            cited = [known for block in message.content_blocks for known in block.get("annotations", [])]
            found += [f"{known.get('title')} {known.get('url')}" for known in cited] or ["nothing"]
    return sorted(set(found))


def reasoning(model):
    """What the model thinks, by the ways that read it: of chat completions LangChain does not."""
    thinking = ChatAnthropic(
        model=model, base_url=BASE_URL, api_key=KEY, max_tokens=2048, thinking={"type": "enabled", "budget_tokens": 1024}
    )
    question, found = "Think, then greet.", set()
    for model in (responses_way(model), thinking):
        for message in (model.invoke(question), joined(model.stream(question))):
            found |= {block["reasoning"] for block in message.content_blocks if block["type"] == "reasoning"}
    return sorted(found)


def count():
    return messages_way("claude/claude-sonnet-4-5").get_num_tokens_from_messages([HumanMessage("Say hello.")])


def headers():
    said = chat_way("shop", include_response_headers=True).invoke(LAMP).response_metadata
    headers = said["headers"]
    trace, bundle = headers["x-shipway-trace"], headers["x-shipway-bundle"]
    return [said["id"] == f"chatcmpl-{trace}", headers["x-request-id"] == trace, bundle[:2]]


def wrong_key():
    stranger = ChatOpenAI(model="scripted/m", **{**GIVEN, "api_key": "sk-wrong"})
    return raised(lambda: stranger.invoke("Say hello."))


def wrong_model(model, way):
    return raised(lambda: way("nobody/" + model.split("/")[1]).invoke("Say hello."))


def refused(model, way):
    return raised(lambda: way(model).invoke("Refuse with 400."))


def busy(model):
    way = messages_way if model.startswith("claude") else chat_way
    return raised(lambda: way(failing("busy", model)).invoke("Refuse with 429."))


def cut(model, way):
    text = ""
    try:
        for chunk in way(failing("frail", model)).stream("Break off."):
            text += chunk.text
    except (openai.APIError, anthropic.APIError):
        return [text, "an error"]
    except ValueError as error:
        # What LangChain makes of `response.failed`.
        return [text, "an error" if "broke off" in str(error) else repr(error)]
    return [text, "a clean end"]


def leave(model, way):
    pieces = way(model).stream("Speak without end.")
    piece = next(chunk.text for chunk in pieces if chunk.text)
    pieces.close()
    return piece


run(", ".join(f"{name} {version(name)}" for name in ("langchain-core", "langchain-openai", "langchain-anthropic")), [
    chat, stream, tools, tools_streamed, object, picture, embeddings, sources, reasoning, count, headers, wrong_key, wrong_model,
    refused, busy, cut, leave,
], WAYS)
