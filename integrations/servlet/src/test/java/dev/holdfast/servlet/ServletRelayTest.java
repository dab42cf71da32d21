package dev.holdfast.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.client.Holdfast;
import dev.holdfast.client.Upstream;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Script;
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

    Chat(Holdfast holdfast) {
      this.holdfast = holdfast;
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      var chat = ChatRequest.to("gpt-4.1").user("Tell me a story.").temperature(0).build();
      ServletRelay.relay(request, response, () -> holdfast.stream(chat));
    }
  }

  /** {@return the port of an application in front of the provider} */
  private int application(FaultServer provider, boolean async) throws Exception {
    var holdfast =
        Holdfast.builder()
            .upstream(Upstream.of("openai-chat", provider.baseUrl().toString(), "key"))
            .policy(
                StreamPolicy.DEFAULT.withRetry(
                    RetryPolicy.DEFAULT.withDelays(Duration.ofMillis(1), Duration.ofMillis(2))))
            .build();
    open.add(holdfast);
    var server = new Server();
    var connector = new ServerConnector(server);
    connector.setHost("127.0.0.1");
    server.addConnector(connector);
    var context = new ServletContextHandler("/");
    var holder = new ServletHolder(new Chat(holdfast));
    holder.setAsyncSupported(async);
    context.addServlet(holder, "/chat");
    server.setHandler(context);
    server.start();
    open.add(server::stop);
    return connector.getLocalPort();
  }

  private static Socket browser(int port, String header) throws IOException {
    var socket = new Socket(InetAddress.getLoopbackAddress(), port);
    String request =
        "GET /chat HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + header + "\r\n";
    socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
    return socket;
  }

  private static String page(int port, String header) throws IOException {
    try (var socket = browser(port, header)) {
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

  @Test
  void aBrowsersOwnRepetitionAsksTheModelNothing() throws Exception {
    var provider = provider();
    String page = page(application(provider, true), "Last-Event-ID: 7\r\n");
    assertThat(page).startsWith("HTTP/1.1 204");
    assertThat(provider.received()).isEmpty();
  }
}
