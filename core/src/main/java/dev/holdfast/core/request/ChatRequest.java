package dev.holdfast.core.request;

import dev.holdfast.core.stream.Check;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The requests most people send. Whatever it cannot say, a raw JSON body can.
 *
 * @param model the model's name
 * @param system the system prompt, or null
 * @param messages the conversation, at least one message
 * @param tools tools on offer
 * @param maxTokens the output limit; null for the provider's own
 * @param temperature sampling temperature, or null
 * @param topP nucleus sampling, or null
 * @param seed sampling seed, or null; dropped where the protocol has none
 * @param stop stop sequences
 * @param extra further top-level members as JSON text by name, written verbatim
 */
public record ChatRequest(
    String model,
    @Nullable String system,
    List<Message> messages,
    List<Tool> tools,
    @Nullable Integer maxTokens,
    @Nullable Double temperature,
    @Nullable Double topP,
    @Nullable Long seed,
    List<String> stop,
    Map<String, String> extra) {
  /** Checks and copies. */
  public ChatRequest {
    Check.that(!model.isBlank(), "model", "must not be blank", "'" + model + "'");
    Check.that(!messages.isEmpty(), "messages", "must not be empty", messages);
    Check.that(maxTokens == null || maxTokens > 0, "maxTokens", "must be positive", "" + maxTokens);
    messages = List.copyOf(messages);
    tools = List.copyOf(tools);
    stop = List.copyOf(stop);
    extra = Collections.unmodifiableMap(new LinkedHashMap<>(extra));
  }

  /** {@return a copy to another model} */
  public ChatRequest withModel(String model) {
    return new ChatRequest(
        model, system, messages, tools, maxTokens, temperature, topP, seed, stop, extra);
  }

  /** {@return the model and counts; what people wrote stays out of logs} */
  @Override
  public String toString() {
    return "ChatRequest[model=%s, messages=%d, tools=%d]"
        .formatted(model, messages.size(), tools.size());
  }

  /**
   * A message.
   *
   * @param role {@code user} or {@code assistant}
   * @param content its text
   */
  public record Message(String role, String content) {
    /** {@return role and length; what people wrote stays out of logs} */
    @Override
    public String toString() {
      return "Message[role=%s, content=%d characters]".formatted(role, content.length());
    }
  }

  /**
   * A tool on offer.
   *
   * @param name the function's name
   * @param description what it does
   * @param parametersJson JSON Schema of its arguments, as JSON text
   */
  public record Tool(String name, String description, String parametersJson) {}

  /** {@return a builder for a request to {@code model}} */
  public static Builder to(String model) {
    return new Builder(model);
  }

  /** Gathers a request. */
  public static final class Builder {
    private final String model;
    private @Nullable String system;
    private final List<Message> messages = new ArrayList<>();
    private final List<Tool> tools = new ArrayList<>();
    private @Nullable Integer maxTokens;
    private @Nullable Double temperature;
    private @Nullable Double topP;
    private @Nullable Long seed;
    private final List<String> stop = new ArrayList<>();
    private final Map<String, String> extra = new LinkedHashMap<>();

    private Builder(String model) {
      this.model = model;
    }

    /** Sets the system prompt. */
    public Builder system(String text) {
      system = text;
      return this;
    }

    /** Adds a user message. */
    public Builder user(String text) {
      messages.add(new Message("user", text));
      return this;
    }

    /** Adds an assistant message. */
    public Builder assistant(String text) {
      messages.add(new Message("assistant", text));
      return this;
    }

    /** Adds a tool; {@code parametersJson} is a JSON Schema. */
    public Builder tool(String name, String description, String parametersJson) {
      tools.add(new Tool(name, description, parametersJson));
      return this;
    }

    /** Limits the output, in tokens. */
    public Builder maxTokens(int tokens) {
      maxTokens = tokens;
      return this;
    }

    /** Sets the sampling temperature. */
    public Builder temperature(double value) {
      temperature = value;
      return this;
    }

    /** Sets nucleus sampling. */
    public Builder topP(double value) {
      topP = value;
      return this;
    }

    /** Sets the sampling seed. */
    public Builder seed(long value) {
      seed = value;
      return this;
    }

    /** Adds a stop sequence. */
    public Builder stop(String sequence) {
      stop.add(sequence);
      return this;
    }

    /** Adds a top-level member, its value as JSON text. */
    public Builder with(String name, String json) {
      extra.put(name, json);
      return this;
    }

    /**
     * {@return the request}
     *
     * @throws IllegalArgumentException if it has no message or a blank model
     */
    public ChatRequest build() {
      return new ChatRequest(
          model, system, messages, tools, maxTokens, temperature, topP, seed, stop, extra);
    }
  }
}
