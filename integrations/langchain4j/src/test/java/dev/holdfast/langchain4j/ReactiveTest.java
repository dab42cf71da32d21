package dev.holdfast.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.client.Holdfast;
import dev.holdfast.client.Upstream;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.InternalServerException;
import dev.langchain4j.http.client.HttpMethod;
import dev.langchain4j.http.client.HttpRequest;
import dev.langchain4j.http.client.sse.HttpErrorResponseReceived;
import dev.langchain4j.http.client.sse.HttpResponseReceived;
import dev.langchain4j.http.client.sse.HttpStreamingEvent;
import dev.langchain4j.http.client.sse.ServerSentEvent;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatModelStreamingEvent;
import dev.langchain4j.model.chat.response.CompleteResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** LangChain4j's publishers, which exist since 1.20.0. */
@Tag("slow")
class ReactiveTest {
  private static final String STORY = WholeStreamsTest.STORY;
  private static final String END = "end";

  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void closeAll() throws Exception {
    for (var resource : open.reversed()) {
      resource.close();
    }
  }

  private FaultServer server(String... attempts) {
    var server =
        FaultServer.builder().answer(Answer.ofText(STORY)).script(Script.of(attempts)).start();
    open.add(server);
    return server;
  }

  /** What arrived, in order; demands nothing by itself. */
  private static final class Probe<T> implements Flow.Subscriber<T> {
    final LinkedBlockingQueue<Object> signals = new LinkedBlockingQueue<>();
    final LinkedBlockingQueue<Flow.Subscription> subscriptions = new LinkedBlockingQueue<>();

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      subscriptions.add(subscription);
    }

    @Override
    public void onNext(T element) {
      signals.add(element);
    }

    @Override
    public void onError(Throwable thrown) {
      signals.add(thrown);
    }

    @Override
    public void onComplete() {
      signals.add(END);
    }

    /** {@return all signals up to the end or the error} */
    List<Object> all() throws InterruptedException {
      var all = new ArrayList<Object>();
      while (all.isEmpty() || !(all.getLast().equals(END) || all.getLast() instanceof Throwable)) {
        all.add(signals.take());
      }
      return all;
    }
  }

  private static HttpRequest request(FaultServer server) {
    return HttpRequest.builder()
        .method(HttpMethod.POST)
        .url(server.baseUrl() + "/chat/completions")
        .addHeader("Content-Type", "application/json")
        .body(
            "{\"model\":\"gpt-4.1\",\"stream\":true,\"temperature\":0,\"messages\":"
                + "[{\"role\":\"user\",\"content\":\"Tell me about the harbour.\"}]}")
        .build();
  }

  @Test
  void theEventsOfABrokenStreamAreOfOneWholeAnswer() throws Exception {
    var probe = new Probe<HttpStreamingEvent>();
    var server = server("cut-rst@token=12");
    HoldfastHttpClientBuilder.create().build().stream(request(server)).subscribe(probe);
    probe.subscriptions.take().request(Long.MAX_VALUE);
    var all = probe.all();
    assertThat(all.getFirst()).isInstanceOf(HttpResponseReceived.class);
    assertThat(all.getLast()).isEqualTo(END);
    assertThat(all.get(all.size() - 2)).isEqualTo(new ServerSentEvent(null, "[DONE]"));
    assertThat(server.received()).hasSize(2);
  }

  @Test
  void aRefusalIsAnEventAndATypedError() throws Exception {
    var probe = new Probe<HttpStreamingEvent>();
    var refusals = new String[12];
    Arrays.fill(refusals, "status@code=500");
    HoldfastHttpClientBuilder.create().build().stream(request(server(refusals))).subscribe(probe);
    probe.subscriptions.take().request(Long.MAX_VALUE);
    var all = probe.all();
    assertThat(all).hasSize(2);
    assertThat(all.getFirst()).isInstanceOf(HttpErrorResponseReceived.class);
    assertThat(all.getLast()).isInstanceOf(InternalServerException.class);
  }

  private Flow.Publisher<ChatModelStreamingEvent> chat(FaultServer server) {
    var holdfast =
        Holdfast.builder()
            .upstream(Upstream.of("openai-chat", server.origin().toString(), "key"))
            .build();
    open.add(holdfast);
    return HoldfastStreamingChatModel.over(holdfast)
        .modelName("gpt-4.1")
        .build()
        .chat(
            ChatRequest.builder().messages(UserMessage.from("Tell me about the harbour.")).build());
  }

  @Test
  void aModelsPublisherFollowsItsDemand() throws Exception {
    var probe = new Probe<ChatModelStreamingEvent>();
    chat(server("cut-rst@token=12")).subscribe(probe);
    var subscription = probe.subscriptions.take();
    subscription.request(2);
    assertThat(probe.signals.take()).isInstanceOf(PartialResponse.class);
    assertThat(probe.signals.take()).isInstanceOf(PartialResponse.class);
    assertThat(probe.signals.poll(50, TimeUnit.MILLISECONDS)).isNull();
    subscription.request(Long.MAX_VALUE);
    var all = probe.all();
    assertThat(all.get(all.size() - 2))
        .isInstanceOfSatisfying(
            CompleteResponse.class,
            complete -> assertThat(complete.chatResponse().aiMessage().text()).isEqualTo(STORY));
  }

  @Test
  void aCancelledSubscriptionClosesItsSocket() throws Exception {
    var probe = new Probe<ChatModelStreamingEvent>();
    var server = server("stall@token=12");
    chat(server).subscribe(probe);
    var subscription = probe.subscriptions.take();
    subscription.request(Long.MAX_VALUE);
    probe.signals.take();
    subscription.cancel();
    assertThat(server.awaitEnded(1, Duration.ofSeconds(20))).isTrue();
  }
}
