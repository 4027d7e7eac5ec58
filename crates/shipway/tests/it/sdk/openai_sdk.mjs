// OpenAI's JavaScript SDK: chat completions, responses, embeddings, models.

import OpenAI from 'openai';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import {
  ATTACK, BASE_URL, KEY, LAMP, PNG, WEATHER, WEATHER_QUESTION, failing, raised, run, version, weather,
} from './checks.mjs';

const client = new OpenAI({ baseURL: `${BASE_URL}/v1`, apiKey: KEY, maxRetries: 0 });
const { completions } = client.chat;
const TOOL = { type: 'function', function: { name: 'weather', parameters: WEATHER } };
const FLAT_TOOL = { type: 'function', name: 'weather', parameters: WEATHER, strict: false };
const TRIP = z.object({ city: z.string(), days: z.number() });

const says = (content) => [{ role: 'user', content }];

function told({ choices: [{ message, finish_reason }], usage }) {
  return [message.content, finish_reason, usage.prompt_tokens, usage.completion_tokens];
}

async function chat(model) {
  return told(await completions.create({ model, messages: says('Say hello.') }));
}

async function stream(model) {
  let text = '', finish = null, usage = null;
  const stream_options = { include_usage: true };
  for await (const chunk of await completions.create({
    model, messages: says('Say hello.'), stream: true, stream_options,
  })) {
    text += chunk.choices[0]?.delta.content ?? '';
    finish = chunk.choices[0]?.finish_reason ?? finish;
    usage = chunk.usage ?? usage;
  }
  return [text, finish, usage.prompt_tokens, usage.completion_tokens];
}

async function stream_helper(model) {
  const stream_options = { include_usage: true };
  const events = completions.stream({ model, messages: says('Say hello.'), stream_options });
  let text = '';
  events.on('content', (delta) => (text += delta));
  const completion = await events.finalChatCompletion();
  if (completion.choices[0].message.content !== text) throw new Error(text);
  return told(completion);
}

/** Sends the tools' results back. */
async function answered(model, { message, finish_reason }) {
  const calls = message.tool_calls.map((call) => [call.id, call.function.name, JSON.parse(call.function.arguments)]);
  const results = calls.map(([tool_call_id, , given]) => ({ role: 'tool', tool_call_id, content: weather(given) }));
  const messages = [...says(WEATHER_QUESTION), message, ...results];
  const answer = await completions.create({ model, messages, tools: [TOOL] });
  return [finish_reason, calls, answer.choices[0].message.content];
}

async function tools(model) {
  const answer = await completions.create({ model, messages: says(WEATHER_QUESTION), tools: [TOOL] });
  return answered(model, answer.choices[0]);
}

async function tools_streamed(model) {
  const answer = completions.stream({ model, messages: says(WEATHER_QUESTION), tools: [TOOL] });
  return answered(model, (await answer.finalChatCompletion()).choices[0]);
}

/** The SDK runs the tools and asks again by itself. */
async function tools_run(model) {
  const run = { ...TOOL.function, function: weather, parse: JSON.parse };
  const messages = says(WEATHER_QUESTION);
  return completions.runTools({ model, messages, tools: [{ type: 'function', function: run }] }).finalContent();
}

async function object(model) {
  const messages = says('Which city, and for how many days?');
  const answer = await completions.parse({ model, messages, response_format: zodResponseFormat(TRIP, 'trip') });
  return answer.choices[0].message.parsed;
}

async function picture(model) {
  const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } };
  const messages = says([{ type: 'text', text: 'What is in the picture?' }, image]);
  return told(await completions.create({ model, messages }))[0].replace(PNG, 'PNG');
}

function of_response({ output_text, status, usage }) {
  return [output_text, status, usage.input_tokens, usage.output_tokens];
}

async function response(model) {
  return of_response(await client.responses.create({ model, input: 'Say hello.' }));
}

async function response_stream(model) {
  let text = '', final = null;
  for await (const event of await client.responses.create({ model, input: 'Say hello.', stream: true })) {
    if (event.type === 'response.output_text.delta') text += event.delta;
    if (event.type === 'response.completed') final = event.response;
  }
  return of_response({ ...final, output_text: text });
}

async function response_stream_helper(model) {
  return of_response(await client.responses.stream({ model, input: 'Say hello.' }).finalResponse());
}

async function response_tools(model) {
  const input = says(WEATHER_QUESTION);
  const answer = await client.responses.stream({ model, input, tools: [FLAT_TOOL] }).finalResponse();
  const calls = answer.output.map((item) => [item.call_id, item.name, JSON.parse(item.arguments)]);
  const results = calls.map(([call_id, , given]) => ({ type: 'function_call_output', call_id, output: weather(given) }));
  const turns = [...input, ...answer.output, ...results];
  return [calls, (await client.responses.create({ model, input: turns, tools: [FLAT_TOOL] })).output_text];
}

async function response_object(model) {
  const text = { format: zodTextFormat(TRIP, 'trip') };
  return (await client.responses.parse({ model, input: 'Which city, and for how many days?', text })).output_parsed;
}

async function embeddings() {
  const { data } = await client.embeddings.create({ model: 'scripted/m', input: ['lamp', 'tram 9'] });
  return data.map((item) => item.embedding);
}

async function models() {
  const ids = [];
  for await (const model of client.models.list()) ids.push(model.id);
  return [ids.includes('shop'), (await client.models.retrieve('shop')).id];
}

function cited(text, { title, url, start_index, end_index }) {
  return [title, url, text.slice(start_index, end_index)];
}

async function citations() {
  const { message } = (await completions.create({ model: 'shop', messages: says(LAMP) })).choices[0];
  return cited(message.content, message.annotations[0].url_citation);
}

async function citations_streamed() {
  const answer = await completions.stream({ model: 'shop', messages: says(LAMP) }).finalChatCompletion();
  return cited(answer.choices[0].message.content, answer.choices[0].message.annotations[0].url_citation);
}

async function response_citations() {
  const part = (await client.responses.create({ model: 'shop', input: LAMP })).output[0].content[0];
  return cited(part.text, part.annotations[0]);
}

async function response_citations_streamed() {
  const part = (await client.responses.stream({ model: 'shop', input: LAMP }).finalResponse()).output[0].content[0];
  return cited(part.text, part.annotations[0]);
}

async function refusal() {
  const { message, finish_reason } = (await completions.create({ model: 'shop', messages: says(ATTACK) })).choices[0];
  return [message.refusal, finish_reason];
}

async function refusal_streamed() {
  let text = '', finish = null;
  for await (const { choices: [choice] } of await completions.create({
    model: 'shop', messages: says(ATTACK), stream: true,
  })) {
    text += choice.delta.refusal ?? '';
    finish = choice.finish_reason ?? finish;
  }
  return [text, finish];
}

async function response_refusal() {
  const part = (await client.responses.create({ model: 'shop', input: ATTACK })).output[0].content[0];
  return [part.refusal, part.type];
}

async function response_refusal_streamed() {
  const part = (await client.responses.stream({ model: 'shop', input: ATTACK }).finalResponse()).output[0].content[0];
  return [part.refusal, part.type];
}

async function headers() {
  const { data, response } = await completions.create({ model: 'shop', messages: says(LAMP) }).withResponse();
  const trace = response.headers.get('x-shipway-trace');
  const bundle = response.headers.get('x-shipway-bundle').slice(0, 2);
  return [data.id === `chatcmpl-${trace}`, data._request_id === trace, bundle];
}

async function wrong_key() {
  const stranger = new OpenAI({ baseURL: `${BASE_URL}/v1`, apiKey: 'sk-wrong', maxRetries: 0 });
  return raised(() => stranger.models.list());
}

async function wrong_model() {
  return raised(() => completions.create({ model: 'nobody/m', messages: says('Say hello.') }));
}

async function wrong_request() {
  return raised(() => completions.create({ model: 'scripted/m', messages: [] }));
}

async function refused(model) {
  return raised(() => completions.create({ model, messages: says('Refuse with 400.') }));
}

async function busy(model) {
  return raised(() => completions.create({ model: failing('busy', model), messages: says('Refuse with 429.') }));
}

async function cut(model) {
  const messages = says('Break off.');
  let text = '';
  try {
    for await (const chunk of await completions.create({ model: failing('frail', model), messages, stream: true })) {
      text += chunk.choices[0].delta.content ?? '';
    }
  } catch (error) {
    return [text, error instanceof OpenAI.APIError ? 'an error' : String(error)];
  }
  return [text, 'a clean end'];
}

async function response_cut(model) {
  const input = 'Break off.';
  let text = '';
  for await (const event of await client.responses.create({ model: failing('frail', model), input, stream: true })) {
    if (event.type === 'response.output_text.delta') text += event.delta;
    if (['response.failed', 'response.completed'].includes(event.type)) return [text, event.type];
  }
  return [text, 'no end'];
}

async function leave(model) {
  for await (const chunk of await completions.create({
    model, messages: says('Speak without end.'), stream: true,
  })) {
    if (chunk.choices[0].delta.content) return chunk.choices[0].delta.content;
  }
}

await run(version('openai'), [
  chat, stream, stream_helper, tools, tools_streamed, tools_run, object, picture, response, response_stream,
  response_stream_helper, response_tools, response_object, embeddings, models, citations, citations_streamed,
  response_citations, response_citations_streamed, refusal, refusal_streamed, response_refusal,
  response_refusal_streamed, headers,
  wrong_key, wrong_model, wrong_request, refused, busy, cut, response_cut, leave,
]);
