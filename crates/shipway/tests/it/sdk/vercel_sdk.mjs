// Vercel's AI SDK by each of its ways to a server: OpenAI's chat completions and responses, a compatible server, and
// Anthropic's messages.

import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { embedMany, generateObject, generateText, stepCountIs, streamObject, streamText, tool } from 'ai';
import { z } from 'zod';
import {
  ATTACK, BASE_URL, KEY, LAMP, PNG, WEATHER_QUESTION, failing, raised, run, version, weather,
} from './checks.mjs';

// A model with a name of ours is unknown to it, which it would say on every call.
globalThis.AI_SDK_LOG_WARNINGS = false;

const given = { baseURL: `${BASE_URL}/v1`, apiKey: KEY };
const openai = createOpenAI(given);
const compatible = createOpenAICompatible({ ...given, name: 'shipway', supportsStructuredOutputs: true, includeUsage: true });
const ways = {
  chat: (model) => openai.chat(model),
  responses: (model) => openai.responses(model),
  compatible: (model) => compatible(model),
  messages: createAnthropic(given),
};
const quiet = { maxRetries: 0, onError: () => {} };
const tools_given = {
  weather: tool({ description: 'How warm it is', inputSchema: z.object({ city: z.string() }), execute: weather }),
};
const schema = z.object({ city: z.string(), days: z.number() });
const city = 'Which city, and for how many days?';

function told({ text, finishReason, usage }) {
  return [text, finishReason, usage.inputTokens, usage.outputTokens];
}

async function settled({ text, finishReason, usage }) {
  return told({ text: await text, finishReason: await finishReason, usage: await usage });
}

async function chat(model, way) {
  return told(await generateText({ model: way(model), prompt: 'Say hello.', ...quiet }));
}

async function stream(model, way) {
  const result = streamText({ model: way(model), prompt: 'Say hello.', ...quiet });
  let text = '';
  for await (const delta of result.textStream) text += delta;
  if ((await result.text) !== text) throw new Error(text);
  return settled(result);
}

function steps_told([{ finishReason, toolCalls }, { text }]) {
  return [finishReason, toolCalls.map((call) => [call.toolCallId, call.toolName, call.input]), text];
}

/** The SDK runs the tools and asks again by itself. */
async function tools(model, way) {
  const until = { stopWhen: stepCountIs(3), tools: tools_given, ...quiet };
  return steps_told((await generateText({ model: way(model), prompt: WEATHER_QUESTION, ...until })).steps);
}

async function tools_streamed(model, way) {
  const until = { stopWhen: stepCountIs(3), tools: tools_given, ...quiet };
  return steps_told(await streamText({ model: way(model), prompt: WEATHER_QUESTION, ...until }).steps);
}

async function object(model, way) {
  return (await generateObject({ model: way(model), prompt: city, schema, ...quiet })).object;
}

async function object_streamed(model, way) {
  const result = streamObject({ model: way(model), prompt: city, schema, ...quiet });
  for await (const _ of result.partialObjectStream);
  return await result.object;
}

async function picture(model, way) {
  const image = { type: 'image', image: Buffer.from(PNG, 'base64'), mediaType: 'image/png' };
  const content = [{ type: 'text', text: 'What is in the picture?' }, image];
  const { text } = await generateText({ model: way(model), messages: [{ role: 'user', content }], ...quiet });
  return text.replace(PNG, 'PNG');
}

async function embeddings() {
  const model = openai.textEmbeddingModel('scripted/m');
  return (await embedMany({ model, values: ['lamp', 'tram 9'], ...quiet })).embeddings;
}

/** What the answer rests on, by the ways that read it: the compatible one does not. */
async function sources() {
  const found = new Set();
  for (const way of [ways.chat, ways.responses, ways.messages]) {
    const whole = await generateText({ model: way('shop'), prompt: LAMP, ...quiet });
    const streamed = streamText({ model: way('shop'), prompt: LAMP, ...quiet });
    for (const [source] of [whole.sources, await streamed.sources]) found.add(`${source?.title} ${source?.url}`);
  }
  return [...found];
}

/** What a guard refuses, by every way, whole and streamed. */
async function refusals() {
  const found = {};
  for (const [name, way] of Object.entries(ways)) {
    const whole = await generateText({ model: way('shop'), prompt: ATTACK, ...quiet });
    const streamed = streamText({ model: way('shop'), prompt: ATTACK, ...quiet });
    found[name] = [whole.text, whole.finishReason, await streamed.text, await streamed.finishReason];
  }
  return found;
}

/** What the model thinks, by the ways that read it: that of chat completions does not. */
async function reasoning(model) {
  const found = new Set();
  for (const way of [ways.responses, ways.compatible, ways.messages]) {
    const thinking = { type: 'enabled', budgetTokens: 1024 };
    const given = { model: way(model), prompt: 'Think, then greet.', providerOptions: { anthropic: { thinking } } };
    const whole = await generateText({ ...given, ...quiet });
    const streamed = streamText({ ...given, ...quiet });
    for (const text of [whole.reasoningText, await streamed.reasoningText]) found.add(text);
  }
  return [...found];
}

async function headers() {
  const { response } = await generateText({ model: ways.chat('shop'), prompt: LAMP, ...quiet });
  const trace = response.headers['x-shipway-trace'];
  const request = response.headers['x-request-id'];
  return [response.id === `chatcmpl-${trace}`, request === trace, response.headers['x-shipway-bundle'].slice(0, 2)];
}

async function wrong_key() {
  const stranger = createOpenAI({ ...given, apiKey: 'sk-wrong' });
  return raised(() => generateText({ model: stranger('scripted/m'), prompt: 'Say hello.', ...quiet }));
}

async function wrong_model() {
  return raised(() => generateText({ model: ways.chat('nobody/m'), prompt: 'Say hello.', ...quiet }));
}

async function refused(model, way) {
  return raised(() => generateText({ model: way(model), prompt: 'Refuse with 400.', ...quiet }));
}

async function busy(model) {
  const prompt = 'Refuse with 429.';
  return raised(() => generateText({ model: ways.chat(failing('busy', model)), prompt, ...quiet }));
}

async function cut(model, way) {
  const { fullStream } = streamText({ model: way(failing('frail', model)), prompt: 'Break off.', ...quiet });
  let text = '';
  for await (const part of fullStream) {
    if (part.type === 'text-delta') text += part.text;
    if (part.type === 'error') return [text, 'an error'];
    if (part.type === 'finish') return [text, part.finishReason];
  }
  return [text, 'a clean end'];
}

async function leave(model, way) {
  const abort = new AbortController();
  const prompt = 'Speak without end.';
  const { textStream } = streamText({ model: way(model), prompt, abortSignal: abort.signal, ...quiet });
  for await (const delta of textStream) {
    abort.abort();
    return delta;
  }
}

await run(['ai', '@ai-sdk/openai', '@ai-sdk/openai-compatible', '@ai-sdk/anthropic'].map(version).join(', '), [
  chat, stream, tools, tools_streamed, object, object_streamed, picture, embeddings, sources, refusals, reasoning, headers, wrong_key,
  wrong_model, refused, busy, cut, leave,
], ways);
