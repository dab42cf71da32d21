package dev.holdfast.gateway.durable.subscription;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a receiver of webhooks gets, and what its answers do. */
@Timeout(60)
final class WebhooksTest {
  private static final String TAIL = "0000000000000001_0000000100000001";

  private final LinkedBlockingQueue<String> received = new LinkedBlockingQueue<>();
  private final AtomicInteger redirected = new AtomicInteger();
  private final AtomicBoolean recovered = new AtomicBoolean();
  private ServerSocket server;

  @BeforeEach
  void start() throws IOException {
    var listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    server = listening;
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          try {
            while (true) {
              answer(listening.accept());
            }
          } catch (IOException e) {
            // The test is over.
          }
        });
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
  }

  private String url(String path) {
    return "http://127.0.0.1:" + server.getLocalPort() + path;
  }

  private void answer(Socket connection) throws IOException {
    try (connection) {
      var in = connection.getInputStream();
      var head = new StringBuilder();
      while (head.indexOf("\r\n\r\n") < 0) {
        head.append((char) in.read());
      }
      var length = Pattern.compile("(?i)content-length: (\\d+)").matcher(head);
      int size = length.find() ? Integer.parseInt(length.group(1)) : 0;
      received.add(new String(in.readNBytes(size), StandardCharsets.UTF_8));
      String path = head.substring(0, head.indexOf(" HTTP")).replace("POST ", "");
      String response =
          switch (path) {
            case "/ok" -> response("200 OK", "{\"done\":true}");
            case "/no" -> response(recovered.get() ? "200 OK" : "500 Internal", "{\"done\":true}");
            case "/long" -> response("200 OK", " ".repeat(1 << 20));
            case "/redirect" -> response("307 Elsewhere\r\nLocation: " + url("/elsewhere"), "");
            default -> {
              redirected.incrementAndGet();
              yield response("200 OK", "{\"done\":true}");
            }
          };
      connection.getOutputStream().write(response.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // Its client has read enough.
    }
  }

  private static String response(String status, String body) {
    return "HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
        .formatted(status, body.length(), body);
  }

  @Test
  void onlyASuccessIsOne() throws Exception {
    var webhooks = new Webhooks();
    assertThat(webhooks.send(url("/ok"), "{}", "signature")).isEqualTo("{\"done\":true}");
    assertThatThrownBy(() -> webhooks.send(url("/no"), "{}", "signature"))
        .isInstanceOf(IOException.class)
        .hasMessage("webhook: must succeed, was 500");
    assertThatThrownBy(() -> webhooks.send(url("/redirect"), "{}", "signature"))
        .isInstanceOf(IOException.class);
    assertThat(redirected).as("requests that were led elsewhere").hasValue(0);
    assertThat(webhooks.send(url("/long"), "{}", "signature")).hasSize(64 << 10);
  }

  @Test
  void aNameThatMeansThisMachineByNowIsNotAsked() {
    assertThatThrownBy(() -> new Webhooks().send("https://localhost:1/", "{}", "signature"))
        .isInstanceOf(IOException.class)
        .hasMessage("webhook: must be at a public address, was at another one");
  }

  /** One stream, and a store in memory. */
  private static final class Fakes implements SubscribedStreams, SubscriptionStore {
    volatile String tail = NO_TAIL;
    volatile String saved = "";

    @Override
    public String tail(String namespace, String path) {
      return tail;
    }

    @Override
    public List<String> paths(String namespace) {
      return List.of();
    }

    @Override
    public void append(String namespace, String path, String json) {}

    @Override
    public void save(Saved subscription) {
      saved = subscription.json();
    }

    @Override
    public void remove(String namespace, String id) {}

    @Override
    public List<Saved> load() {
      return List.of();
    }
  }

  private String hook(String path) {
    return "{\"type\":\"webhook\",\"streams\":[\"s\"],\"webhook\":{\"url\":\"" + url(path) + "\"}}";
  }

  @Test
  void anAnswerAcknowledgesWhatWasThereWhenItsReceiverWasWoken() throws Exception {
    var fakes = new Fakes();
    try (var made = new Subscriptions(fakes, fakes, System::currentTimeMillis, () -> true)) {
      made.create("", "a", hook("/ok"), "http://h");
      fakes.tail = TAIL;
      made.appended("", "s");
      assertThat(received.poll(30, TimeUnit.SECONDS))
          .contains("\"callback_url\":\"http://h/v1/stream/__ds/subscriptions/a/callback\"")
          .contains("\"has_pending\":true");
      while (!fakes.saved.contains("\"acked_offset\":\"" + TAIL + "\"")) {
        Thread.onSpinWait();
      }
      assertThat(String.valueOf(made.show("", "a").body())).contains("\"status\":\"active\"");
    }
  }

  @Test
  void aReceiverThatFailsIsAskedAgainAndShownAsFailed() throws Exception {
    var fakes = new Fakes();
    try (var made = new Subscriptions(fakes, fakes, System::currentTimeMillis, () -> true)) {
      made.create("", "a", hook("/no"), "http://h");
      fakes.tail = TAIL;
      made.appended("", "s");
      String first = received.poll(30, TimeUnit.SECONDS);
      String second = received.poll(30, TimeUnit.SECONDS);
      assertThat(second).as("the same wake").isNotNull().contains("\"generation\":1");
      assertThat(first).contains("\"generation\":1");
      assertThat(String.valueOf(made.show("", "a").body())).contains("\"status\":\"failed\"");
      assertThat(fakes.saved).doesNotContain(TAIL);
      // It recovers.
      recovered.set(true);
      while (!String.valueOf(made.show("", "a").body()).contains("\"status\":\"active\"")) {
        Thread.onSpinWait();
      }
    }
  }

  @Test
  void aGatewayThatIsOpenNoMoreSendsNothingToThisMachine() throws Exception {
    var fakes = new Fakes();
    var local = new AtomicBoolean(true);
    try (var made = new Subscriptions(fakes, fakes, System::currentTimeMillis, local::get)) {
      made.create("", "a", hook("/ok"), "http://h");
      local.set(false);
      fakes.tail = TAIL;
      made.appended("", "s");
      while (!String.valueOf(made.show("", "a").body()).contains("\"status\":\"failed\"")) {
        Thread.onSpinWait();
      }
      assertThat(received).isEmpty();
    }
  }
}
