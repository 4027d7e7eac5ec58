"""OpenAI's Python SDK: chat completions, responses, embeddings, models, files and batches."""

import json
import time

import openai
import pydantic
from checks import ATTACK, BASE_URL, KEY, LAMP, PNG, WEATHER, WEATHER_QUESTION, failing, raised, run, weather

client = openai.OpenAI(base_url=f"{BASE_URL}/v1", api_key=KEY, max_retries=0)
TOOL = {"type": "function", "function": {"name": "weather", "parameters": WEATHER}}
FLAT_TOOL = {"type": "function", "name": "weather", "parameters": WEATHER, "strict": False}


class Trip(pydantic.BaseModel):
    city: str
    days: int


def says(text):
    return [{"role": "user", "content": text}]


def told(completion):
    choice, usage = completion.choices[0], completion.usage
    return [choice.message.content, choice.finish_reason, usage.prompt_tokens, usage.completion_tokens]


def chat(model):
    return told(client.chat.completions.create(model=model, messages=says("Say hello.")))


def stream(model):
    text, finish, usage = "", None, None
    for chunk in client.chat.completions.create(
        model=model, messages=says("Say hello."), stream=True, stream_options={"include_usage": True}
    ):
        for choice in chunk.choices:
            text += choice.delta.content or ""
            finish = choice.finish_reason or finish
        usage = chunk.usage or usage
    return [text, finish, usage.prompt_tokens, usage.completion_tokens]


def stream_helper(model):
    with client.chat.completions.stream(
        model=model, messages=says("Say hello."), stream_options={"include_usage": True}
    ) as events:
        text = "".join(event.delta for event in events if event.type == "content.delta")
        completion = events.get_final_completion()
    assert completion.choices[0].message.content == text
    return told(completion)


def answered(model, message):
    """Sends the tools' results back."""
    calls = [[call.id, call.function.name, json.loads(call.function.arguments)] for call in message.tool_calls]
    results = [{"role": "tool", "tool_call_id": id, "content": weather(**arguments)} for id, _, arguments in calls]
    messages = [*says(WEATHER_QUESTION), message, *results]
    answer = client.chat.completions.create(model=model, messages=messages, tools=[TOOL])
    return calls, answer.choices[0].message.content


def tools(model):
    question = says(WEATHER_QUESTION)
    answer = client.chat.completions.create(model=model, messages=question, tools=[TOOL], tool_choice="auto")
    return [answer.choices[0].finish_reason, *answered(model, answer.choices[0].message)]


def tools_streamed(model):
    question = says(WEATHER_QUESTION)
    with client.chat.completions.stream(model=model, messages=question, tools=[TOOL]) as events:
        answer = events.get_final_completion()
    return [answer.choices[0].finish_reason, *answered(model, answer.choices[0].message)]


def object(model):
    question = says("Which city, and for how many days?")
    answer = client.chat.completions.parse(model=model, messages=question, response_format=Trip)
    return answer.choices[0].message.parsed.model_dump()


def picture(model):
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
    content = [{"type": "text", "text": "What is in the picture?"}, image]
    answer = client.chat.completions.create(model=model, messages=[{"role": "user", "content": content}])
    return answer.choices[0].message.content.replace(PNG, "PNG")


def of_response(response):
    usage = response.usage
    return [response.output_text, response.status, usage.input_tokens, usage.output_tokens]


def response(model):
    return of_response(client.responses.create(model=model, input="Say hello."))


def response_stream(model):
    text, final = "", None
    for event in client.responses.create(model=model, input="Say hello.", stream=True):
        if event.type == "response.output_text.delta":
            text += event.delta
        if event.type == "response.completed":
            final = event.response
    assert final.output_text == text
    return of_response(final)


def response_stream_helper(model):
    with client.responses.stream(model=model, input="Say hello.") as events:
        return of_response(events.get_final_response())


def response_tools(model):
    conversation = says(WEATHER_QUESTION)
    with client.responses.stream(model=model, input=conversation, tools=[FLAT_TOOL]) as events:
        answer = events.get_final_response()
    calls = [[item.call_id, item.name, json.loads(item.arguments)] for item in answer.output]
    results = [{"type": "function_call_output", "call_id": id, "output": weather(**given)} for id, _, given in calls]
    conversation = [*conversation, *answer.output, *results]
    return [calls, client.responses.create(model=model, input=conversation, tools=[FLAT_TOOL]).output_text]


def response_object(model):
    question = "Which city, and for how many days?"
    return client.responses.parse(model=model, input=question, text_format=Trip).output_parsed.model_dump()


def response_picture(model):
    image = {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}", "detail": "auto"}
    content = [{"type": "input_text", "text": "What is in the picture?"}, image]
    answer = client.responses.create(model=model, input=[{"role": "user", "content": content}])
    return answer.output_text.replace(PNG, "PNG")


def response_thoughts(model):
    answer = client.responses.create(model=model, input="Think, then greet.", reasoning={"effort": "low"})
    return [[item.type for item in answer.output], answer.output[0].summary[0].text]


def embeddings():
    return [item.embedding for item in client.embeddings.create(model="scripted/m", input=["lamp", "tram 9"]).data]


def models():
    return ["shop" in [model.id for model in client.models.list()], client.models.retrieve("shop").id]


def cited(text, annotation):
    return [annotation.title, annotation.url, text[annotation.start_index : annotation.end_index]]


def citations():
    message = client.chat.completions.create(model="shop", messages=says(LAMP)).choices[0].message
    return cited(message.content, message.annotations[0].url_citation)


def citations_streamed():
    with client.chat.completions.stream(model="shop", messages=says(LAMP)) as events:
        message = events.get_final_completion().choices[0].message
    return cited(message.content, message.annotations[0].url_citation)


def response_citations():
    part = client.responses.create(model="shop", input=LAMP).output[0].content[0]
    return cited(part.text, part.annotations[0])


def response_citations_streamed():
    with client.responses.stream(model="shop", input=LAMP) as events:
        part = events.get_final_response().output[0].content[0]
    return cited(part.text, part.annotations[0])


def refusal():
    choice = client.chat.completions.create(model="shop", messages=says(ATTACK)).choices[0]
    return [choice.message.refusal, choice.finish_reason]


def refusal_streamed():
    text, finish = "", None
    for chunk in client.chat.completions.create(model="shop", messages=says(ATTACK), stream=True):
        text += chunk.choices[0].delta.refusal or ""
        finish = chunk.choices[0].finish_reason or finish
    return [text, finish]


def response_refusal():
    part = client.responses.create(model="shop", input=ATTACK).output[0].content[0]
    return [part.refusal, part.type]


def response_refusal_streamed():
    with client.responses.stream(model="shop", input=ATTACK) as events:
        part = events.get_final_response().output[0].content[0]
    return [part.refusal, part.type]


def headers():
    raw = client.chat.completions.with_raw_response.create(model="shop", messages=says(LAMP))
    trace, answer = raw.headers["x-shipway-trace"], raw.parse()
    return [answer.id == f"chatcmpl-{trace}", answer._request_id == trace, raw.headers["x-shipway-bundle"][:2]]


def wrong_key():
    stranger = openai.OpenAI(base_url=f"{BASE_URL}/v1", api_key="sk-wrong", max_retries=0)
    return raised(lambda: stranger.models.list())


def wrong_model():
    return raised(lambda: client.chat.completions.create(model="nobody/m", messages=says("Say hello.")))


def wrong_request():
    return raised(lambda: client.chat.completions.create(model="scripted/m", messages=[]))


def refused(model):
    messages = says("Refuse with 400.")
    return raised(lambda: client.chat.completions.create(model=model, messages=messages))


def busy(model):
    messages = says("Refuse with 429.")
    return raised(lambda: client.chat.completions.create(model=failing("busy", model), messages=messages))


def cut(model):
    text = ""
    try:
        for chunk in client.chat.completions.create(
            model=failing("frail", model), messages=says("Break off."), stream=True
        ):
            text += chunk.choices[0].delta.content or ""
    except openai.APIError:
        return [text, "an error"]
    return [text, "a clean end"]


def response_cut(model):
    text = ""
    for event in client.responses.create(model=failing("frail", model), input="Break off.", stream=True):
        if event.type == "response.output_text.delta":
            text += event.delta
        if event.type in ("response.failed", "response.completed"):
            return [text, event.type]
    return [text, "no end"]


def leave(model):
    with client.chat.completions.create(model=model, messages=says("Speak without end."), stream=True) as events:
        return next(chunk.choices[0].delta.content for chunk in events if chunk.choices[0].delta.content)


def response_leave(model):
    with client.responses.create(model=model, input="Speak without end.", stream=True) as events:
        return next(event.delta for event in events if event.type == "response.output_text.delta")


def batches():
    def line(name):
        body = {"model": "shop", "messages": says(LAMP)}
        return json.dumps({"custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": body})

    content = "\n".join(line(f"r-{at}") for at in range(3)).encode()
    expiry = {"anchor": "created_at", "seconds": 3600}
    file = client.files.create(file=("in.jsonl", content), purpose="batch", expires_after=expiry)
    assert (file.filename, file.bytes, file.expires_at - file.created_at) == ("in.jsonl", len(content), 3600), file
    assert client.files.content(file.id).content == content
    assert file.id in [known.id for known in client.files.list(purpose="batch")]

    batch = client.batches.create(
        input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h", metadata={"night": "1"}
    )
    until = time.monotonic() + 60
    while batch.status not in ("completed", "failed", "expired", "cancelled"):
        assert time.monotonic() < until, batch
        time.sleep(0.05)
        batch = client.batches.retrieve(batch.id)
    assert batch.status == "completed" and batch.error_file_id is None, batch
    assert (batch.request_counts.total, batch.request_counts.completed) == (3, 3), batch
    assert [known.id for known in client.batches.list(limit=1)][0] == batch.id
    answers = [json.loads(answer) for answer in client.files.content(batch.output_file_id).text.splitlines()]
    said = [[answer["custom_id"], answer["response"]["body"]["choices"][0]["message"]["content"]] for answer in answers]
    over = raised(lambda: client.batches.cancel(batch.id))[0]
    assert client.files.delete(batch.output_file_id).deleted
    return [said, over, raised(lambda: client.files.retrieve(batch.output_file_id))[0]]


run(f"openai {openai.__version__}", [
    chat, stream, stream_helper, tools, tools_streamed, object, picture,
    response, response_stream, response_stream_helper, response_tools, response_object, response_picture,
    response_thoughts, embeddings, models, citations, citations_streamed, response_citations,
    response_citations_streamed, refusal, refusal_streamed, response_refusal, response_refusal_streamed, headers, wrong_key, wrong_model,
    wrong_request, refused, busy, cut, response_cut, leave, response_leave, batches,
])
