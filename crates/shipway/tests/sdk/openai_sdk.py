"""What an app developer does with the official SDK, against a running server at BASE_URL."""

import json
import os
import time

import openai
from openai import OpenAI

client = OpenAI(base_url=os.environ["BASE_URL"], api_key="any", max_retries=0)
QUESTION = [{"role": "user", "content": "Within how many days of delivery can I return a lamp?"}]


def chat():
    answer = client.chat.completions.create(model="shop", messages=QUESTION, metadata={"page": "returns"})
    assert "45 days" in answer.choices[0].message.content, answer
    citation = answer.choices[0].message.annotations[0].url_citation
    assert citation.title == "Returns", citation
    assert answer.usage.total_tokens > 0, answer.usage


def raw_headers():
    raw = client.chat.completions.with_raw_response.create(model="shop", messages=QUESTION)
    assert raw.headers["x-shipway-trace"] and raw.headers["x-shipway-bundle"], raw.headers
    assert raw.parse().id == "chatcmpl-" + raw.headers["x-shipway-trace"]


def stream():
    text, usage = "", None
    for chunk in client.chat.completions.create(
        model="shop", messages=QUESTION, stream=True, stream_options={"include_usage": True}
    ):
        if chunk.choices and chunk.choices[0].delta.content:
            text += chunk.choices[0].delta.content
        usage = chunk.usage or usage
    assert "45 days" in text, text
    assert usage.total_tokens > 0, usage


def stream_helper():
    with client.chat.completions.stream(model="simulated/say?text=one%20two%20three", messages=QUESTION) as stream:
        for _ in stream:
            pass
        assert stream.get_final_completion().choices[0].message.content == "one two three"


def tools():
    tool = {
        "type": "function",
        "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
    }
    answer = client.chat.completions.create(model="scripted/m", messages=QUESTION, tools=[tool], tool_choice="auto")
    assert answer.choices[0].message.content == "Hello from upstream.", answer


def models():
    ids = [model.id for model in client.models.list()]
    assert "shop" in ids and "local/extractive" in ids, ids
    assert client.models.retrieve("shop").id == "shop"


def errors():
    cases = [
        (dict(model="nothing", messages=QUESTION), openai.NotFoundError, "model_not_found"),
        (dict(model="shop", messages=[]), openai.BadRequestError, None),
        (dict(model="shop", messages=QUESTION, max_tokens=-1), openai.BadRequestError, None),
        (dict(model="simulated/say?fail=429", messages=QUESTION), openai.RateLimitError, None),
        (dict(model="simulated/say?fail=500", messages=QUESTION), openai.InternalServerError, None),
    ]
    for arguments, expected, code in cases:
        try:
            client.chat.completions.create(**arguments)
        except expected as error:
            assert error.body["message"], error
            assert code is None or error.code == code, (error.code, code)
        else:
            raise AssertionError(f"{arguments} did not raise {expected}")


def broken_stream():
    seen = ""
    try:
        for chunk in client.chat.completions.create(
            model="simulated/say?text=one%20two%20three%20four&mode=cut", messages=QUESTION, stream=True
        ):
            if chunk.choices and chunk.choices[0].delta.content:
                seen += chunk.choices[0].delta.content
    except openai.APIError:
        return
    raise AssertionError(f"a stream that was cut looked like a whole one: {seen!r}")


def batches():
    def line(name):
        body = {"model": "shop", "messages": QUESTION}
        return json.dumps({"custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": body})

    names = [f"r-{at}" for at in range(5)]
    content = "\n".join(line(name) for name in names).encode()
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
    assert (batch.request_counts.total, batch.request_counts.completed) == (5, 5), batch
    answers = [json.loads(answer) for answer in client.files.content(batch.output_file_id).text.splitlines()]
    assert [answer["custom_id"] for answer in answers] == names, answers
    for answer in answers:
        assert "45 days" in answer["response"]["body"]["choices"][0]["message"]["content"], answer
    assert [known.id for known in client.batches.list(limit=1)][0] == batch.id
    try:
        client.batches.cancel(batch.id)
    except openai.ConflictError:
        pass
    else:
        raise AssertionError("a batch that is over was cancelled")
    assert client.files.delete(batch.output_file_id).deleted
    try:
        client.files.retrieve(batch.output_file_id)
    except openai.NotFoundError:
        return
    raise AssertionError("a deleted file is still there")


def main():
    checks = [chat, raw_headers, stream, stream_helper, tools, models, errors, broken_stream, batches]
    for check in checks:
        check()
        print("passed:", check.__name__)
    print(json.dumps({"sdk": openai.__version__}))
    print("all checks passed")


main()
