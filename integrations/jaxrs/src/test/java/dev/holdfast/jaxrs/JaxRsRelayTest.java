package dev.holdfast.jaxrs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.client.Holdfast;
import dev.holdfast.client.Upstream;
import dev.holdfast.client.browser.BrowserRelay;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.journal.MemoryJournal;
import dev.holdfast.testkit.server.FaultServer;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.sse.Sse;
import jakarta.ws.rs.sse.SseEventSink;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.glassfish.jersey.grizzly2.httpserver.GrizzlyHttpServerFactory;
import org.glassfish.jersey.server.ResourceConfig;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a browser receives, and what the provider notices when it leaves. */
class JaxRsRelayTest {
  private static final String STORY = "Once upon a time a stream was cut, and then it was whole.";

  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void closeAll() throws Exception {
    for (var resource : open.reversed()) {
      resource.close();
    }
  }

  private FaultServer provider(String... attempts) {
    var server =
        FaultServer.builder().answer(Answer.ofText(STORY)).script(Script.of(attempts)).start();
    open.add(server);
    return server;
  }

  /** Answers every request with one answer of the provider. */
  @Path("/")
  public static final class Chat {
    private final Holdfast holdfast;

    Chat(Holdfast holdfast) {
      this.holdfast = holdfast;
    }

    /** Answers a request. */
    @GET
    @Path("/chat")
    @Produces("text/event-stream")
    public void chat(
        @HeaderParam("Last-Event-ID") @Nullable String last,
        @Context SseEventSink sink,
        @Context Sse sse) {
      var chat = ChatRequest.to("gpt-4.1").user("Tell me a story.").temperature(0).build();
      JaxRsRelay.relay(last, sink, sse, () -> holdfast.stream(chat));
    }

    /** Answers a request with an answer that can be resumed. */
    @GET
    @Path("/kept")
    @Produces("text/event-stream")
    public void kept(
        @HeaderParam("Last-Event-ID") @Nullable String last,
        @Context SseEventSink sink,
        @Context Sse sse) {
      var chat = ChatRequest.to("gpt-4.1").user("Tell me a story.").temperature(0).build();
      var relay = BrowserRelay.ofDefaults().withResume(holdfast);
      JaxRsRelay.relay(last, sink, sse, () -> holdfast.stream(chat), relay);
    }
  }

  /** {@return the port of an application in front of the provider} */
  private int application(FaultServer provider) {
    var holdfast =
        Holdfast.builder()
            .upstream(Upstream.of("openai-chat", provider.baseUrl().toString(), "key"))
            .policy(
                StreamPolicy.DEFAULT.withRetry(
                    RetryPolicy.DEFAULT.withDelays(Duration.ofMillis(1), Duration.ofMillis(2))))
            .journal(new MemoryJournal(System::currentTimeMillis))
            .build();
    open.add(holdfast);
    var server =
        GrizzlyHttpServerFactory.createHttpServer(
            URI.create("http://127.0.0.1:0/"),
            new ResourceConfig().register(new Chat(holdfast)),
            true);
    open.add(server::shutdownNow);
    return server.getListeners().iterator().next().getPort();
  }

  private static Socket browser(int port, String header) throws IOException {
    return browser(port, "/chat", header);
  }

  private static Socket browser(int port, String path, String header) throws IOException {
    var socket = new Socket(InetAddress.getLoopbackAddress(), port);
    String request =
        "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + header + "\r\n";
    socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
    return socket;
  }

  private static String page(int port, String header) throws IOException {
    return page(port, "/chat", header);
  }

  private static String page(int port, String path, String header) throws IOException {
    try (var socket = browser(port, path, header)) {
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void aBrokenAnswerIsWholeOnThePage() throws Exception {
    String page = page(application(provider("cut-rst@token=6")), "");
    assertThat(page)
        .startsWith("HTTP/1.1 200")
        .containsIgnoringCase("content-type: text/event-stream")
        .containsOnlyOnce("event: done")
        .doesNotContain("event: failure");
    assertThat(text(page)).isEqualTo(STORY);
  }

  private static String text(String page) {
    var text = new StringBuilder();
    String mark = "\"type\":\"text\",\"text\":\"";
    page.lines()
        .filter(line -> line.contains(mark))
        .forEach(line -> text.append(line, line.indexOf(mark) + mark.length(), line.length() - 2));
    return text.toString();
  }

  @Test
  void anAnswerThatCannotBeHadIsOneFailure() throws Exception {
    var cuts = new String[12];
    Arrays.fill(cuts, "cut-fin@token=0");
    cuts[0] = "end-early@token=6";
    assertThat(page(application(provider(cuts)), ""))
        .containsOnlyOnce("event: failure")
        .containsOnlyOnce("\"cause\":")
        .doesNotContain("event: done");
  }

  @Test
  void aBrowserThatLeavesCancelsTheAnswer() throws Exception {
    var provider = provider("stall@token=6");
    try (var socket = browser(application(provider), "")) {
      var received = new StringBuilder();
      var piece = new byte[1024];
      while (received.indexOf("event: ping") < 0) {
        int count = socket.getInputStream().read(piece);
        assertThat(count).as("the response ended: %s", received).isPositive();
        received.append(new String(piece, 0, count, StandardCharsets.UTF_8));
      }
    }
    assertThat(provider.awaitEnded(1, Duration.ofSeconds(30))).isTrue();
    assertThat(provider.received()).hasSize(1);
  }

  /** {@return what a browser receives that leaves within the answer: whole events} */
  private static String left(int port) throws IOException {
    try (var socket = browser(port, "/kept", "")) {
      var received = new StringBuilder();
      var piece = new byte[64];
      while (!received.toString().matches("(?s).*\"type\":\"text\"[^\n]+\n\n.*")) {
        int count = socket.getInputStream().read(piece);
        assertThat(count).as("the response ended: %s", received).isPositive();
        received.append(new String(piece, 0, count, StandardCharsets.UTF_8));
      }
      return received.substring(0, received.lastIndexOf("\n\n") + 2);
    }
  }

  private static String lastId(String page) {
    return page.lines()
        .filter(line -> line.startsWith("id:"))
        .reduce((one, other) -> other)
        .orElseThrow()
        .substring("id:".length())
        .strip();
  }

  @Test
  void aBrowserThatComesBackReceivesTheRest() throws Exception {
    var provider = provider("slow@delay=5ms");
    int port = application(provider);
    String first = left(port);
    String rest = page(port, "/kept", "Last-Event-ID: " + lastId(first) + "\r\n");
    assertThat(rest).startsWith("HTTP/1.1 200").containsOnlyOnce("event: done");
    assertThat(text(first) + text(rest)).isEqualTo(STORY);
    assertThat(provider.received()).hasSize(1);
    String end = "Last-Event-ID: " + lastId(rest);
    assertThat(page(port, "/kept", end + "\r\n")).startsWith("HTTP/1.1 204");
    assertThat(page(port, "/kept", end + "9\r\n")).startsWith("HTTP/1.1 400");
    String none = "Last-Event-ID: " + "0".repeat(32) + "\r\n";
    assertThat(page(port, "/kept", none)).startsWith("HTTP/1.1 404");
  }

  @Test
  void aBrowsersOwnRepetitionAsksTheModelNothing() throws Exception {
    var provider = provider();
    String page = page(application(provider), "Last-Event-ID: 7\r\n");
    assertThat(page).startsWith("HTTP/1.1 204");
    assertThat(provider.received()).isEmpty();
  }
}
