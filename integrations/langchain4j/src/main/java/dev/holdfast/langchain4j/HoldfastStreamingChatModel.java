package dev.holdfast.langchain4j;

import dev.holdfast.client.Holdfast;
import dev.holdfast.client.PullPublisher;
import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatModelStreamingEvent;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.chat.response.StreamingHandle;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Flow;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A streaming model over Holdfast's own client: every provider that it speaks to, with failover,
 * observers and clocks of its own. The handler receives exactly one of complete response and error,
 * or neither after its handle has cancelled. Thread-safe.
 *
 * <p>Handlers are called on a virtual thread; blocking in one holds the provider back. The reactive
 * form, since LangChain4j 1.20.0, reads no further than its subscriber asks.
 */
public final class HoldfastStreamingChatModel implements StreamingChatModel {
  /** The handle of the call that {@link #start} makes on this thread. */
  private static final ThreadLocal<StreamHandle> STARTING = new ThreadLocal<>();

  private final Holdfast holdfast;
  private final ChatRequestParameters defaults;
  private final List<ChatModelListener> listeners;
  private final ModelProvider provider;
  private final RequestMapper requests;

  private HoldfastStreamingChatModel(Builder builder) {
    holdfast = builder.holdfast;
    defaults =
        ChatRequestParameters.builder()
            .modelName(builder.modelName)
            .build()
            .overrideWith(builder.parameters);
    listeners = List.copyOf(builder.listeners);
    provider = builder.provider;
    requests = new RequestMapper(builder.strict, builder.customizer);
  }

  /** {@return a builder of a model over a client, which the caller closes} */
  public static Builder over(Holdfast holdfast) {
    return new Builder(holdfast);
  }

  /**
   * Asks for an answer, as {@link #chat(ChatRequest, StreamingChatResponseHandler)} does.
   *
   * @return a handle that cancels, from now on: LangChain4j's own arrives with the first event
   */
  public StreamingHandle start(ChatRequest request, StreamingChatResponseHandler handler) {
    var handle = new StreamHandle();
    STARTING.set(handle);
    try {
      chat(request, handler);
    } finally {
      STARTING.remove();
    }
    return handle;
  }

  /**
   * Begins the request; the handler receives its pieces and its end, on threads of Holdfast.
   *
   * @throws dev.langchain4j.exception.UnsupportedFeatureException if the request has content that
   *     Holdfast has no words for
   * @throws IllegalArgumentException if the provider's protocol has none
   */
  @Override
  public void doChat(ChatRequest request, StreamingChatResponseHandler handler) {
    var known = STARTING.get();
    var handle = known == null ? new StreamHandle() : known;
    handle.follow(
        holdfast.listen(requests.of(request), new ListeningHandler(handler, handle))::abort);
  }

  @Override
  public Flow.Publisher<ChatModelStreamingEvent> doChat(ChatRequest request) {
    var asked = requests.of(request);
    return new PullPublisher<>(() -> new ModelEvents(holdfast.stream(asked)));
  }

  @Override
  public ChatRequestParameters defaultRequestParameters() {
    return defaults;
  }

  @Override
  public List<ChatModelListener> listeners() {
    return listeners;
  }

  @Override
  public ModelProvider provider() {
    return provider;
  }

  @Override
  public Set<Capability> supportedCapabilities() {
    return Set.of(Capability.RESPONSE_FORMAT_JSON_SCHEMA);
  }

  /** Gathers a model; it needs a name. Not thread-safe. */
  public static final class Builder {
    private final Holdfast holdfast;
    private @Nullable String modelName;
    private ChatRequestParameters parameters;
    private List<ChatModelListener> listeners = List.of();
    private ModelProvider provider = ModelProvider.OTHER;
    private boolean strict;
    private UnaryOperator<dev.holdfast.core.request.ChatRequest.Builder> customizer =
        request -> request;

    private Builder(Holdfast holdfast) {
      Versions.checkCore();
      this.holdfast = Objects.requireNonNull(holdfast, "holdfast");
      parameters = ChatRequestParameters.builder().build();
    }

    /** Sets the model that is asked for, unless a request names one. */
    public Builder modelName(String name) {
      modelName = name;
      return this;
    }

    /** Sets what holds unless a request differs: temperature, tools and the like. */
    public Builder defaultRequestParameters(ChatRequestParameters parameters) {
      this.parameters = Objects.requireNonNull(parameters, "parameters");
      return this;
    }

    /** Sets LangChain4j's listeners. */
    public Builder listeners(List<ChatModelListener> listeners) {
      this.listeners = List.copyOf(listeners);
      return this;
    }

    /** Sets the provider's name for listeners; {@code OTHER} unless set. */
    public Builder provider(ModelProvider provider) {
      this.provider = Objects.requireNonNull(provider, "provider");
      return this;
    }

    /** Sets whether the provider must keep answers to their JSON schema; false unless set. */
    public Builder strictJsonSchema(boolean strict) {
      this.strict = strict;
      return this;
    }

    /** Changes each request last: reasoning, headers and members that LangChain4j has not. */
    public Builder customize(
        UnaryOperator<dev.holdfast.core.request.ChatRequest.Builder> customizer) {
      this.customizer = Objects.requireNonNull(customizer, "customizer");
      return this;
    }

    /** {@return the model} */
    public HoldfastStreamingChatModel build() {
      return new HoldfastStreamingChatModel(this);
    }
  }
}
