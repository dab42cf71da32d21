package dev.holdfast.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.client.Holdfast;
import dev.holdfast.client.Upstream;
import dev.holdfast.client.browser.BrowserRelay;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.spi.Journal;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.journal.MemoryJournal;
import dev.holdfast.testkit.server.FaultServer;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a browser receives, and what the provider notices when it leaves. */
class ServletRelayTest {
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
  private static final class Chat extends HttpServlet {
    private static final long serialVersionUID = 1L;

    private final transient Holdfast holdfast;
    private final transient BrowserRelay relay;

    Chat(Holdfast holdfast, BrowserRelay relay) {
      this.holdfast = holdfast;
      this.relay = relay;
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      var chat = ChatRequest.to("gpt-4.1").user("Tell me a story.").temperature(0).build();
      ServletRelay.relay(request, response, () -> holdfast.stream(chat), relay);
    }
  }

  /** {@return the port of an application in front of the provider} */
  private int application(FaultServer provider, boolean async) throws Exception {
    return application(provider, async, null);
  }

  /** {@return the port of an application that keeps its streams, if there is a journal} */
  private int application(FaultServer provider, boolean async, @Nullable Journal journal)
      throws Exception {
    var builder =
        Holdfast.builder()
            .upstream(Upstream.of("openai-chat", provider.baseUrl().toString(), "key"))
            .policy(
                StreamPolicy.DEFAULT.withRetry(
                    RetryPolicy.DEFAULT.withDelays(Duration.ofMillis(1), Duration.ofMillis(2))));
    var holdfast = (journal == null ? builder : builder.journal(journal)).build();
    open.add(holdfast);
    var relay = BrowserRelay.ofDefaults();
    var server = new Server();
    var connector = new ServerConnector(server);
    connector.setHost("127.0.0.1");
    server.addConnector(connector);
    var context = new ServletContextHandler("/");
    var holder =
        new ServletHolder(new Chat(holdfast, journal == null ? relay : relay.withResume(holdfast)));
    holder.setAsyncSupported(async);
    context.addServlet(holder, "/chat");
    server.setHandler(context);
    server.start();
    open.add(server::stop);
    return connector.getLocalPort();
  }

  private static Socket browser(int port, String header) throws IOException {
    return browser(port, "", header);
  }

  private static Socket browser(int port, String query, String header) throws IOException {
    var socket = new Socket(InetAddress.getLoopbackAddress(), port);
    String request =
        "GET /chat"
            + query
            + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            + header
            + "\r\n";
    socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
    return socket;
  }

  private static String page(int port, String header) throws IOException {
    return page(port, "", header);
  }

  private static String page(int port, String query, String header) throws IOException {
    try (var socket = browser(port, query, header)) {
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aBrokenAnswerIsWholeOnThePage(boolean async) throws Exception {
    String page = page(application(provider("cut-rst@token=6"), async), "");
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
    assertThat(page(application(provider(cuts), true), ""))
        .containsOnlyOnce("event: failure")
        .containsOnlyOnce("\"cause\":")
        .doesNotContain("event: done");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aBrowserThatLeavesCancelsTheAnswer(boolean async) throws Exception {
    var provider = provider("stall@token=6");
    try (var socket = browser(application(provider, async), "")) {
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

  /** {@return what a browser receives that leaves within the answer} */
  private static String left(int port) throws IOException {
    try (var socket = browser(port, "")) {
      var received = new StringBuilder();
      var piece = new byte[64];
      while (!received.toString().matches("(?s).*event: text\ndata: [^\n]+\n\n.*")) {
        int count = socket.getInputStream().read(piece);
        assertThat(count).as("the response ended: %s", received).isPositive();
        received.append(new String(piece, 0, count, StandardCharsets.UTF_8));
      }
      // What came in part is received again.
      return received.substring(0, received.lastIndexOf("\n\n") + 2);
    }
  }

  private static String lastId(String page) {
    return page.lines()
        .filter(line -> line.startsWith("id: "))
        .reduce((one, other) -> other)
        .orElseThrow()
        .substring("id: ".length());
  }

  @ParameterizedTest
  @ValueSource(strings = {"header", "query", "both"})
  void aBrowserThatComesBackReceivesTheRest(String way) throws Exception {
    var provider = provider("slow@delay=5ms");
    int port = application(provider, true, new MemoryJournal(System::currentTimeMillis));
    String first = left(port);
    String last = lastId(first);
    String header = way.equals("query") ? "" : "Last-Event-ID: " + last + "\r\n";
    String query =
        switch (way) {
          case "query" -> "?a=b&after=" + last;
          case "both" -> "?after=nonsense"; // The header goes before.
          default -> "";
        };
    String rest = page(port, query, header);
    assertThat(rest).startsWith("HTTP/1.1 200").containsOnlyOnce("event: done");
    assertThat(text(first) + text(rest)).isEqualTo(STORY);
    assertThat(provider.received()).hasSize(1);
    assertThat(page(port, "Last-Event-ID: " + lastId(rest) + "\r\n")).startsWith("HTTP/1.1 204");
  }

  @Test
  void whatIsNoPlaceIsRefused() throws Exception {
    int port = application(provider(), false, new MemoryJournal(System::currentTimeMillis));
    String last = lastId(page(port, ""));
    assertThat(page(port, "Last-Event-ID: nonsense\r\n")).startsWith("HTTP/1.1 400");
    assertThat(page(port, "?after=" + last.substring(0, 32) + "_x", "")).startsWith("HTTP/1.1 400");
    assertThat(page(port, "?after=" + "0".repeat(32) + last.substring(32), ""))
        .startsWith("HTTP/1.1 404");
  }

  @Test
  void aBrowsersOwnRepetitionAsksTheModelNothing() throws Exception {
    var provider = provider();
    String page = page(application(provider, true), "Last-Event-ID: 7\r\n");
    assertThat(page).startsWith("HTTP/1.1 204");
    assertThat(provider.received()).isEmpty();
  }
}
