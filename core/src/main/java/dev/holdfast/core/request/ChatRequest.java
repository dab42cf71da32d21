package dev.holdfast.core.request;

import dev.holdfast.core.stream.Check;
import dev.holdfast.core.stream.ToolCall;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A protocol-neutral request. Each protocol writes it in its own form, and refuses what it cannot
 * express; {@link Builder#with} and a raw JSON body reach everything else. Immutable.
 */
public final class ChatRequest {
  private final String model;
  private final @Nullable String system;
  private final List<Message> messages;
  private final List<Tool> tools;
  private final List<String> stop;
  private final Map<String, String> metadata;
  private final Map<String, String> extra;
  private final Map<String, String> headers;
  private final @Nullable Integer maxTokens;
  private final @Nullable Double temperature;
  private final @Nullable Double topP;
  private final @Nullable Integer topK;
  private final @Nullable Double frequencyPenalty;
  private final @Nullable Double presencePenalty;
  private final @Nullable Long seed;
  private final @Nullable ToolChoice toolChoice;
  private final @Nullable Boolean parallelToolCalls;
  private final @Nullable ResponseFormat responseFormat;
  private final @Nullable Reasoning reasoning;
  private final @Nullable String userId;
  private final @Nullable String serviceTier;

  private ChatRequest(Builder builder) {
    Check.that(!builder.model.isBlank(), "model", "must not be blank", "'" + builder.model + "'");
    Check.that(!builder.messages.isEmpty(), "messages", "must not be empty", "empty");
    model = builder.model;
    system = builder.system;
    messages = List.copyOf(builder.messages);
    tools = List.copyOf(builder.tools);
    stop = List.copyOf(builder.stop);
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(builder.metadata));
    extra = Collections.unmodifiableMap(new LinkedHashMap<>(builder.extra));
    headers = Collections.unmodifiableMap(new LinkedHashMap<>(builder.headers));
    maxTokens = builder.maxTokens;
    temperature = builder.temperature;
    topP = builder.topP;
    topK = builder.topK;
    frequencyPenalty = builder.frequencyPenalty;
    presencePenalty = builder.presencePenalty;
    seed = builder.seed;
    toolChoice = builder.toolChoice;
    parallelToolCalls = builder.parallelToolCalls;
    responseFormat = builder.responseFormat;
    reasoning = builder.reasoning;
    userId = builder.userId;
    serviceTier = builder.serviceTier;
  }

  /** {@return a builder for a request to {@code model}} */
  public static Builder to(String model) {
    Objects.requireNonNull(model, "model");
    return new Builder(model);
  }

  /** {@return a builder that begins with this request} */
  public Builder toBuilder() {
    var builder = new Builder(model);
    builder.system = system;
    builder.messages.addAll(messages);
    builder.tools.addAll(tools);
    builder.stop.addAll(stop);
    builder.metadata.putAll(metadata);
    builder.extra.putAll(extra);
    builder.headers.putAll(headers);
    builder.maxTokens = maxTokens;
    builder.temperature = temperature;
    builder.topP = topP;
    builder.topK = topK;
    builder.frequencyPenalty = frequencyPenalty;
    builder.presencePenalty = presencePenalty;
    builder.seed = seed;
    builder.toolChoice = toolChoice;
    builder.parallelToolCalls = parallelToolCalls;
    builder.responseFormat = responseFormat;
    builder.reasoning = reasoning;
    builder.userId = userId;
    builder.serviceTier = serviceTier;
    return builder;
  }

  /** {@return a copy to another model} */
  public ChatRequest withModel(String model) {
    Objects.requireNonNull(model, "model");
    var builder = toBuilder();
    builder.model = model;
    return builder.build();
  }

  /** {@return the model's name} */
  public String model() {
    return model;
  }

  /** {@return the system prompt} */
  public Optional<String> system() {
    return Optional.ofNullable(system);
  }

  /** {@return the conversation, at least one message} */
  public List<Message> messages() {
    return messages;
  }

  /** {@return tools on offer} */
  public List<Tool> tools() {
    return tools;
  }

  /** {@return texts that end the answer where the model writes them} */
  public List<String> stop() {
    return stop;
  }

  /** {@return what the provider shall keep beside the answer, by name} */
  public Map<String, String> metadata() {
    return metadata;
  }

  /** {@return further top-level members of the body as JSON text, by name} */
  public Map<String, String> extra() {
    return extra;
  }

  /** {@return further request headers, by name} */
  public Map<String, String> headers() {
    return headers;
  }

  /** {@return the output limit in tokens, positive} */
  public OptionalInt maxTokens() {
    return maxTokens == null ? OptionalInt.empty() : OptionalInt.of(maxTokens);
  }

  /** {@return the sampling temperature} */
  public OptionalDouble temperature() {
    return temperature == null ? OptionalDouble.empty() : OptionalDouble.of(temperature);
  }

  /** {@return the share of probability that tokens are drawn from} */
  public OptionalDouble topP() {
    return topP == null ? OptionalDouble.empty() : OptionalDouble.of(topP);
  }

  /** {@return how many of the likeliest tokens are drawn from} */
  public OptionalInt topK() {
    return topK == null ? OptionalInt.empty() : OptionalInt.of(topK);
  }

  /** {@return the penalty on tokens by how often they occurred} */
  public OptionalDouble frequencyPenalty() {
    return frequencyPenalty == null ? OptionalDouble.empty() : OptionalDouble.of(frequencyPenalty);
  }

  /** {@return the penalty on tokens that occurred} */
  public OptionalDouble presencePenalty() {
    return presencePenalty == null ? OptionalDouble.empty() : OptionalDouble.of(presencePenalty);
  }

  /** {@return the sampling seed} */
  public OptionalLong seed() {
    return seed == null ? OptionalLong.empty() : OptionalLong.of(seed);
  }

  /** {@return which tools the model may or must call} */
  public Optional<ToolChoice> toolChoice() {
    return Optional.ofNullable(toolChoice);
  }

  /** {@return whether one answer may hold several tool calls} */
  public Optional<Boolean> parallelToolCalls() {
    return Optional.ofNullable(parallelToolCalls);
  }

  /** {@return the form of the answer} */
  public Optional<ResponseFormat> responseFormat() {
    return Optional.ofNullable(responseFormat);
  }

  /** {@return how much the model reasons} */
  public Optional<Reasoning> reasoning() {
    return Optional.ofNullable(reasoning);
  }

  /** {@return the id of the end user, as the provider may see it} */
  public Optional<String> userId() {
    return Optional.ofNullable(userId);
  }

  /** {@return the service tier, in the provider's word} */
  public Optional<String> serviceTier() {
    return Optional.ofNullable(serviceTier);
  }

  /** {@return the model and counts; messages stay out of logs} */
  @Override
  public String toString() {
    return "ChatRequest[model=%s, messages=%d, tools=%d]"
        .formatted(model, messages.size(), tools.size());
  }

  /** Gathers a request. Not thread-safe. */
  public static final class Builder {
    private String model;
    private @Nullable String system;
    private final List<Message> messages = new ArrayList<>();
    private final List<Tool> tools = new ArrayList<>();
    private final List<String> stop = new ArrayList<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private final Map<String, String> extra = new LinkedHashMap<>();
    private final Map<String, String> headers = new LinkedHashMap<>();
    private @Nullable Integer maxTokens;
    private @Nullable Double temperature;
    private @Nullable Double topP;
    private @Nullable Integer topK;
    private @Nullable Double frequencyPenalty;
    private @Nullable Double presencePenalty;
    private @Nullable Long seed;
    private @Nullable ToolChoice toolChoice;
    private @Nullable Boolean parallelToolCalls;
    private @Nullable ResponseFormat responseFormat;
    private @Nullable Reasoning reasoning;
    private @Nullable String userId;
    private @Nullable String serviceTier;

    private Builder(String model) {
      this.model = model;
    }

    /** Sets the system prompt. */
    public Builder system(String text) {
      Objects.requireNonNull(text, "text");
      system = text;
      return this;
    }

    /** Adds a message. */
    public Builder message(Message message) {
      Objects.requireNonNull(message, "message");
      messages.add(message);
      return this;
    }

    /** Adds a message of the user. */
    public Builder user(String text) {
      return message(Message.user(Part.text(text)));
    }

    /** Adds a message of the user with text, images and files. */
    public Builder user(Part... parts) {
      Objects.requireNonNull(parts, "parts");
      return message(Message.user(parts));
    }

    /** Adds a message of the assistant. */
    public Builder assistant(String text) {
      Objects.requireNonNull(text, "text");
      return message(Message.assistant(Part.text(text)));
    }

    /**
     * Adds an answer with its tool calls, as an outcome has them.
     *
     * @param text may be empty if there are calls
     */
    public Builder assistant(String text, List<ToolCall> calls) {
      return assistant(text, "", calls);
    }

    /**
     * Adds an answer with its tool calls and what the model thought before them. It is for the
     * clones of OpenAI Chat that want it back, and for Ollama. The bodies of other protocols leave
     * it out.
     *
     * @param reasoning as an outcome has it; may be empty
     */
    public Builder assistant(String text, String reasoning, List<ToolCall> calls) {
      Objects.requireNonNull(text, "text");
      Objects.requireNonNull(reasoning, "reasoning");
      Objects.requireNonNull(calls, "calls");
      var parts = new ArrayList<Part>();
      if (!reasoning.isEmpty()) {
        parts.add(new Part.Reasoning(reasoning));
      }
      if (!text.isEmpty() || calls.isEmpty()) {
        parts.add(Part.text(text));
      }
      calls.forEach(call -> parts.add(new Part.Call(call)));
      return message(new Message(Message.Role.ASSISTANT, parts));
    }

    /** Adds what a tool returned. Each call of an answer needs a result. */
    public Builder toolResult(ToolCall call, String content) {
      Objects.requireNonNull(content, "content");
      return message(Message.results(new Part.Result(call, content, false)));
    }

    /** Adds why a tool failed; protocols without a mark for that send the sentence alone. */
    public Builder toolError(ToolCall call, String sentence) {
      Objects.requireNonNull(call, "call");
      Objects.requireNonNull(sentence, "sentence");
      return message(Message.results(new Part.Result(call, sentence, true)));
    }

    /** Adds a tool; {@code parametersJson} is a JSON Schema. */
    public Builder tool(String name, String description, String parametersJson) {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(description, "description");
      Objects.requireNonNull(parametersJson, "parametersJson");
      return tool(new Tool(name, description, parametersJson));
    }

    /** Adds a tool. */
    public Builder tool(Tool tool) {
      Objects.requireNonNull(tool, "tool");
      tools.add(tool);
      return this;
    }

    /** Adds texts that end the answer where the model writes them. */
    public Builder stop(String... sequences) {
      Objects.requireNonNull(sequences, "sequences");
      for (String sequence : sequences) {
        stop.add(Objects.requireNonNull(sequence, "sequences"));
      }
      return this;
    }

    /** Adds what the provider shall keep beside the answer. */
    public Builder metadata(String name, String content) {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(content, "content");
      metadata.put(name, content);
      return this;
    }

    /** Adds a top-level member of the body, its value as JSON text, written verbatim. */
    public Builder with(String name, String json) {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(json, "json");
      extra.put(name, json);
      return this;
    }

    /** Adds a request header; it replaces Holdfast's own and the upstream's. */
    public Builder header(String name, String content) {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(content, "content");
      headers.put(name, content);
      return this;
    }

    /**
     * Limits the output, in tokens; positive.
     *
     * @throws IllegalArgumentException if it is out of bounds
     */
    public Builder maxTokens(int value) {
      Check.that(value > 0, "maxTokens", "must be positive", value);
      maxTokens = value;
      return this;
    }

    /**
     * Sets the sampling temperature, from 0 to 2.
     *
     * @throws IllegalArgumentException if it is out of bounds
     */
    public Builder temperature(double value) {
      Check.that(value >= 0 && value <= 2, "temperature", "must be from 0 to 2", value);
      temperature = value;
      return this;
    }

    /**
     * Sets nucleus sampling, above 0 and at most 1.
     *
     * @throws IllegalArgumentException if it is out of bounds
     */
    public Builder topP(double value) {
      Check.that(value > 0 && value <= 1, "topP", "must be above 0 and at most 1", value);
      topP = value;
      return this;
    }

    /**
     * Draws from so many of the likeliest tokens; at least 1.
     *
     * @throws IllegalArgumentException if it is out of bounds
     */
    public Builder topK(int value) {
      Check.that(value >= 1, "topK", "must be at least 1", value);
      topK = value;
      return this;
    }

    /**
     * Sets the penalty on tokens by how often they occurred, from -2 to 2.
     *
     * @throws IllegalArgumentException if it is out of bounds
     */
    public Builder frequencyPenalty(double value) {
      Check.that(value >= -2 && value <= 2, "frequencyPenalty", "must be from -2 to 2", value);
      frequencyPenalty = value;
      return this;
    }

    /**
     * Sets the penalty on tokens that occurred, from -2 to 2.
     *
     * @throws IllegalArgumentException if it is out of bounds
     */
    public Builder presencePenalty(double value) {
      Check.that(value >= -2 && value <= 2, "presencePenalty", "must be from -2 to 2", value);
      presencePenalty = value;
      return this;
    }

    /** Sets the sampling seed. */
    public Builder seed(long value) {
      seed = value;
      return this;
    }

    /** Sets which tools the model may or must call. */
    public Builder toolChoice(ToolChoice value) {
      Objects.requireNonNull(value, "value");
      toolChoice = value;
      return this;
    }

    /** Sets whether one answer may hold several tool calls. */
    public Builder parallelToolCalls(boolean value) {
      parallelToolCalls = value;
      return this;
    }

    /** Sets the form of the answer. */
    public Builder responseFormat(ResponseFormat value) {
      Objects.requireNonNull(value, "value");
      responseFormat = value;
      return this;
    }

    /** Sets how much the model reasons before it answers. */
    public Builder reasoning(Reasoning value) {
      Objects.requireNonNull(value, "value");
      reasoning = value;
      return this;
    }

    /** Sets the id of the end user, as the provider may see it. */
    public Builder userId(String value) {
      Objects.requireNonNull(value, "value");
      userId = value;
      return this;
    }

    /** Sets the service tier, in the provider's word. */
    public Builder serviceTier(String value) {
      Objects.requireNonNull(value, "value");
      serviceTier = value;
      return this;
    }

    /**
     * {@return the request}
     *
     * @throws IllegalArgumentException if it has no message or a blank model
     */
    public ChatRequest build() {
      return new ChatRequest(this);
    }
  }
}
