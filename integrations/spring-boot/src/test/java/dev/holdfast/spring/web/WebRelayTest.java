package dev.holdfast.spring.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.client.CompletionStream;
import dev.holdfast.client.Holdfast;
import dev.holdfast.client.Upstream;
import dev.holdfast.client.browser.BrowserRelay;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.spi.Journal;
import dev.holdfast.spring.Application;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.journal.MemoryJournal;
import dev.holdfast.testkit.server.FaultServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.WebApplicationType;
import org.springframework.context.annotation.Bean;
import org.springframework.http.ResponseEntity;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;
import reactor.core.publisher.Flux;

/** What a browser receives of both kinds of controllers, and what the provider notices. */
@Tag("slow")
class WebRelayTest {
  private static final String STORY = "Once upon a time a stream was cut, and then it was whole.";

  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void closeAll() throws Exception {
    for (var resource : open.reversed()) {
      resource.close();
    }
  }

  /** The kinds of servers. */
  enum Kind {
    MVC(WebApplicationType.SERVLET, Mvc.class),
    WEBFLUX(WebApplicationType.REACTIVE, WebFlux.class);

    private final WebApplicationType type;
    private final Class<?> controller;

    Kind(WebApplicationType type, Class<?> controller) {
      this.type = type;
      this.controller = controller;
    }
  }

  /** The client of both. */
  static class Client {
    @Bean
    Holdfast holdfast(Holdfast.Builder builder, @Value("${provider}") String address) {
      return builder.upstream(Upstream.of("openai-chat", address, "key")).build();
    }

    /** The starter gives it to the builder. */
    @Bean(destroyMethod = "")
    Journal journal() {
      return new MemoryJournal(System::currentTimeMillis);
    }

    static CompletionStream answer(Holdfast holdfast) {
      return holdfast.stream(
          ChatRequest.to("gpt-4.1").user("Tell me a story.").temperature(0).build());
    }
  }

  @RestController
  static class Mvc {
    private final Holdfast holdfast;

    Mvc(Holdfast holdfast) {
      this.holdfast = holdfast;
    }

    @GetMapping("/chat")
    ResponseEntity<SseEmitter> chat(
        @RequestHeader(name = "Last-Event-ID", required = false) @Nullable String last) {
      return MvcRelay.relay(last, () -> Client.answer(holdfast));
    }

    @GetMapping("/kept")
    ResponseEntity<SseEmitter> kept(
        @RequestHeader(name = "Last-Event-ID", required = false) @Nullable String last) {
      var relay = BrowserRelay.ofDefaults().withResume(holdfast);
      return MvcRelay.relay(last, () -> Client.answer(holdfast), relay);
    }
  }

  @RestController
  static class WebFlux {
    private final Holdfast holdfast;

    WebFlux(Holdfast holdfast) {
      this.holdfast = holdfast;
    }

    @GetMapping("/chat")
    ResponseEntity<Flux<ServerSentEvent<String>>> chat(
        @RequestHeader(name = "Last-Event-ID", required = false) @Nullable String last) {
      return WebFluxRelay.relay(last, () -> Client.answer(holdfast));
    }

    @GetMapping("/kept")
    ResponseEntity<Flux<ServerSentEvent<String>>> kept(
        @RequestHeader(name = "Last-Event-ID", required = false) @Nullable String last) {
      var relay = BrowserRelay.ofDefaults().withResume(holdfast);
      return WebFluxRelay.relay(last, () -> Client.answer(holdfast), relay);
    }
  }

  private FaultServer provider(String... attempts) {
    var server =
        FaultServer.builder().answer(Answer.ofText(STORY)).script(Script.of(attempts)).start();
    open.add(server);
    return server;
  }

  /** {@return the port of an application in front of the provider} */
  private int application(Kind kind, FaultServer provider) {
    var properties =
        List.of(
            "spring.ai.model.chat=none",
            "server.port=0",
            "server.address=127.0.0.1",
            "provider=" + provider.baseUrl(),
            "holdfast.retry.first-delay=1ms",
            "holdfast.retry.max-delay=2ms");
    var context =
        Application.builder(kind.type, properties).sources(Client.class, kind.controller).run();
    open.add(context);
    return Integer.parseInt(
        String.valueOf(context.getEnvironment().getProperty("local.server.port")));
  }

  private static Socket browser(int port, String header) throws IOException {
    return browser(port, "/chat", header);
  }

  private static Socket browser(int port, String path, String header) throws IOException {
    var socket = new Socket(InetAddress.getLoopbackAddress(), port);
    String request =
        "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + header + "\r\n";
    socket.getOutputStream().write(request.getBytes(UTF_8));
    return socket;
  }

  private static String page(int port, String header) throws IOException {
    return page(port, "/chat", header);
  }

  private static String page(int port, String path, String header) throws IOException {
    try (var socket = browser(port, path, header)) {
      return new String(socket.getInputStream().readAllBytes(), UTF_8);
    }
  }

  private static String text(String page) {
    var text = new StringBuilder();
    String mark = "\"type\":\"text\",\"text\":\"";
    page.lines()
        .filter(line -> line.contains(mark))
        .forEach(line -> text.append(line, line.indexOf(mark) + mark.length(), line.length() - 2));
    return text.toString();
  }

  @ParameterizedTest
  @EnumSource
  void aBrokenAnswerIsWholeOnThePage(Kind kind) throws Exception {
    String page = page(application(kind, provider("cut-rst@token=6")), "");
    assertThat(page)
        .startsWith("HTTP/1.1 200")
        .containsIgnoringCase("content-type: text/event-stream")
        .containsPattern("event: ?done")
        .doesNotContainPattern("event: ?failure");
    assertThat(text(page)).isEqualTo(STORY);
  }

  @ParameterizedTest
  @EnumSource
  void anAnswerThatCannotBeHadIsOneFailure(Kind kind) throws Exception {
    var cuts = new String[12];
    Arrays.fill(cuts, "cut-fin@token=0");
    cuts[0] = "end-early@token=6";
    assertThat(page(application(kind, provider(cuts)), ""))
        .containsPattern("event: ?failure")
        .containsOnlyOnce("\"cause\":")
        .doesNotContainPattern("event: ?done");
  }

  /** Several times: whether WebFlux's server notices an end by itself is a matter of chance. */
  static Stream<Kind> departures() {
    return Stream.of(Kind.values()).flatMap(kind -> Stream.generate(() -> kind).limit(5));
  }

  @ParameterizedTest
  @MethodSource("departures")
  void aBrowserThatLeavesCancelsTheAnswer(Kind kind) throws Exception {
    var provider = provider("stall@token=6");
    try (var socket = browser(application(kind, provider), "")) {
      var received = new StringBuilder();
      var piece = new byte[1024];
      while (received.indexOf("\"text\"") < 0) {
        int count = socket.getInputStream().read(piece);
        assertThat(count).as("the response ended: %s", received).isPositive();
        received.append(new String(piece, 0, count, UTF_8));
      }
    }
    assertThat(provider.awaitEnded(1, Duration.ofSeconds(20))).isTrue();
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
        received.append(new String(piece, 0, count, UTF_8));
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

  @ParameterizedTest
  @EnumSource
  void aBrowserThatComesBackReceivesTheRest(Kind kind) throws Exception {
    var provider = provider("slow@delay=5ms");
    int port = application(kind, provider);
    String first = left(port);
    String rest = page(port, "/kept", "Last-Event-ID: " + lastId(first) + "\r\n");
    assertThat(rest).startsWith("HTTP/1.1 200").containsPattern("event: ?done");
    assertThat(text(first) + text(rest)).isEqualTo(STORY);
    assertThat(provider.received()).hasSize(1);
    String end = "Last-Event-ID: " + lastId(rest);
    assertThat(page(port, "/kept", end + "\r\n")).startsWith("HTTP/1.1 204");
    assertThat(page(port, "/kept", end + "9\r\n")).startsWith("HTTP/1.1 400");
    String none = "Last-Event-ID: " + "0".repeat(32) + "\r\n";
    assertThat(page(port, "/kept", none)).startsWith("HTTP/1.1 404");
  }

  @ParameterizedTest
  @EnumSource
  void aBrowsersOwnRepetitionAsksTheModelNothing(Kind kind) throws Exception {
    var provider = provider();
    String page = page(application(kind, provider), "Last-Event-ID: 7\r\n");
    assertThat(page).startsWith("HTTP/1.1 204");
    assertThat(provider.received()).isEmpty();
  }
}
