package dev.holdfast.blackbox.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.holdfast.testkit.proxy.Cut;
import dev.holdfast.testkit.proxy.CutPlan;
import dev.holdfast.testkit.proxy.CuttingProxy;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class CuttingProxyTest {
  private static final String BODY = "data: one\n\ndata: zwölf\n\ndata: three\n\ndata: finish\n\n";

  private final CountDownLatch left = new CountDownLatch(1);
  private HttpServer server;
  private CuttingProxy proxy;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::serve);
    server.start();
    proxy =
        CuttingProxy.to(URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/v1"));
  }

  @AfterEach
  void stop() {
    proxy.close();
    server.stop(0);
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      String asked = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      String path = exchange.getRequestURI().toString();
      boolean stream = path.startsWith("/v1/chat");
      exchange
          .getResponseHeaders()
          .set("Content-Type", stream ? "text/event-stream" : "application/json");
      exchange.sendResponseHeaders(path.endsWith("/missing") ? 404 : 200, 0);
      var out = exchange.getResponseBody();
      out.write((stream ? BODY : asked + path).getBytes(StandardCharsets.UTF_8));
      out.flush();
      if (path.endsWith("/endless")) {
        try {
          while (true) {
            out.write("data: more\n\n".getBytes(StandardCharsets.UTF_8));
            out.flush();
          }
        } catch (IOException e) {
          left.countDown();
        }
      }
    }
  }

  /** What a client got of a response. */
  private record Got(String head, String body, String end) {}

  private static Got ask(CutPlan plan, String path, String... headers) throws IOException {
    URI url = plan.baseUrl();
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), url.getPort())) {
      socket.setSoTimeout(1000);
      String host = headers.length > 0 ? headers[0] : "Host: 127.0.0.1:" + url.getPort();
      socket
          .getOutputStream()
          .write(
              ("POST "
                      + url.getPath()
                      + path
                      + " HTTP/1.1\r\n"
                      + host
                      + "\r\nContent-Length: 2\r\n\r\nhi")
                  .getBytes(StandardCharsets.US_ASCII));
      var all = new ByteArrayOutputStream();
      String end = "closed";
      try {
        socket.getInputStream().transferTo(all);
      } catch (SocketTimeoutException e) {
        end = "silent";
      } catch (IOException e) {
        end = "reset";
      }
      String text = all.toString(StandardCharsets.ISO_8859_1);
      int blank = text.indexOf("\r\n\r\n");
      String body = blank < 0 ? "" : text.substring(blank + 4);
      boolean whole = body.endsWith("0\r\n\r\n");
      return new Got(
          blank < 0 ? text : text.substring(0, blank),
          new String(
              body.replaceAll("[0-9a-f]+\r\n", "")
                  .replace("\r\n", "")
                  .getBytes(StandardCharsets.ISO_8859_1),
              StandardCharsets.UTF_8),
          whole ? "whole" : end);
    }
  }

  @Test
  void anAnswerIsCutAtItsPlaceInItsWay() throws IOException {
    check(Cut.after(2, Cut.End.FIN), "data: one\n\ndata: zwölf\n\n", "closed", 2);
    check(Cut.after(2, Cut.End.CLEAN), "data: one\n\ndata: zwölf\n\n", "whole", 2);
    check(Cut.after(2, Cut.End.STALL), "data: one\n\ndata: zwölf\n\n", "silent", 2);
    check(
        new Cut(Cut.End.FIN, new Cut.Place.MidEvent(2)),
        "data: one\n\ndata: zwölf\n\ndata: ",
        "closed",
        2);
    check(
        new Cut(Cut.End.FIN, new Cut.Place.MidCharacter(0)),
        "data: one\n\ndata: zw\uFFFD",
        "closed",
        1);
    check(Cut.before(Cut.End.FIN, "finish"), BODY.replace("data: finish\n\n", ""), "closed", 3);
    check(Cut.atByte(14, Cut.End.FIN), "data: one\n\ndat", "closed", 1);
    check(Cut.after(9, Cut.End.FIN), BODY, "whole", 4);
    var reset = ask(proxy.plan(Cut.after(1, Cut.End.RST)), "/chat");
    assertThat(reset.end()).isEqualTo("reset");
  }

  private void check(Cut cut, String body, String end, int events) throws IOException {
    var plan = proxy.plan(cut);
    var got = ask(plan, "/chat");
    assertThat(got.head()).startsWith("HTTP/1.1 200").contains("text/event-stream");
    assertThat(got.body()).as(cut.toString()).isEqualTo(body);
    assertThat(got.end()).as(cut.toString()).isEqualTo(end);
    if (!end.equals("silent")) {
      assertThat(plan.exchanges())
          .singleElement()
          .satisfies(exchange -> {
            assertThat(exchange.events()).isEqualTo(events);
            assertThat(exchange.cut()).isEqualTo(body.equals(BODY) ? null : cut);
            assertThat(exchange.path()).isEqualTo("/v1/chat");
          });
    }
  }

  @Test
  void onlyStreamedAnswersThatSucceedCountInAPlan() throws IOException {
    var plan = proxy.plan(Cut.after(1, Cut.End.FIN));
    assertThat(ask(plan, "/tokenize?x=z").body()).isEqualTo("hi/v1/tokenize?x=z");
    assertThat(ask(plan, "/chat/missing").end()).isEqualTo("whole");
    assertThat(ask(plan, "/chat").end()).isEqualTo("closed");
    assertThat(ask(plan, "/chat").end()).isEqualTo("whole");
    assertThat(ask(proxy.plan(), "/chat").end()).isEqualTo("whole");
  }

  @Test
  void aClientThatLeavesIsAServersClientThatLeaves() throws Exception {
    ask(proxy.plan(Cut.after(2, Cut.End.RST)), "/chat/endless");
    assertThat(left.await(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aForeignHostGetsNothing() throws IOException {
    assertThat(ask(proxy.plan(), "/chat", "Host: evil.example").head()).contains(" 421 ");
    assertThatThrownBy(() -> CuttingProxy.to(URI.create("ftp://127.0.0.1/")))
        .hasMessageContaining("target: must be an http or https address with a host");
  }
}
