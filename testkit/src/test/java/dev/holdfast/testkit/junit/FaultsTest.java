package dev.holdfast.testkit.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.holdfast.testkit.server.FaultServer;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.platform.testkit.engine.EngineTestKit;

/** A test of tests: what asks for a server gets one, and JUnit closes it. */
class FaultsTest {
  /** The servers of the tests below; each run begins with none. */
  private static final List<FaultServer> SEEN = new ArrayList<>();

  private static final String BODY =
      "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";

  @Test
  void fieldsAndParametersGetServersOfTheirOwnThatAreClosedAfterwards() {
    SEEN.clear();
    EngineTestKit.engine("junit-jupiter")
        .selectors(selectClass(Asking.class))
        .execute()
        .testEvents()
        .assertStatistics(all -> all.started(2).succeeded(2));

    // One shared, and for each of two tests one of the field and one of the parameter; a later one
    // may well get the port of one that is closed.
    assertThat(SEEN).hasSize(6);
    assertThat(SEEN.stream().distinct()).hasSize(5);
    for (var server : SEEN) {
      assertThat(isClosed(server.baseUrl())).as(server.baseUrl().toString()).isTrue();
    }
  }

  @Test
  void whatCannotBeServedIsReported() {
    for (var type : List.of(Wrong.class, Final.class, Both.class)) {
      EngineTestKit.engine("junit-jupiter")
          .selectors(selectClass(type))
          .execute()
          .testEvents()
          .assertStatistics(all -> all.failed(1));
    }
  }

  private static boolean isClosed(URI uri) {
    try (var socket = new Socket(uri.getHost(), uri.getPort())) {
      return !socket.isConnected();
    } catch (IOException e) {
      return true;
    }
  }

  static class Asking {
    @Faults(answer = "All of them.")
    private static @Nullable FaultServer shared;

    @Faults(value = "status@code=503", virtualTime = true)
    private @Nullable FaultServer own;

    @Test
    void one(@Faults({"status@code=429", "status@code=500"}) FaultServer server) throws Exception {
      see(server);
      assertThat(List.of(ask(server), ask(server), ask(server))).containsExactly(429, 500, 200);
      server.received().hasCount(3);
    }

    @Test
    void another(@Faults FaultServer server) throws Exception {
      see(server);
      assertThat(ask(server)).isEqualTo(200);
    }

    private void see(FaultServer parameter) throws Exception {
      var field = own;
      var all = shared;
      assertThat(field).isNotNull();
      assertThat(all).isNotNull();
      SEEN.addAll(List.of(parameter, field, all));
      field.advance(Duration.ofSeconds(1));
      assertThat(ask(field)).isEqualTo(503);
      assertThat(ask(field)).isEqualTo(200);
      assertThat(ask(all)).isEqualTo(200);
    }

    private static int ask(FaultServer server) throws Exception {
      var url = URI.create(server.baseUrl() + "/chat/completions").toURL();
      var connection = (HttpURLConnection) url.openConnection();
      connection.setDoOutput(true);
      connection.getOutputStream().write(BODY.getBytes(StandardCharsets.UTF_8));
      int status = connection.getResponseCode();
      connection.disconnect();
      return status;
    }
  }

  static class Wrong {
    @Faults private String text = "";

    @Test
    void runs() {
      assertThat(text).isEmpty();
    }
  }

  static class Final {
    @Faults private final @Nullable FaultServer server = null;

    @Test
    void runs() {
      assertThat(server).isNull();
    }
  }

  static class Both {
    @Test
    void runs(@Faults(value = "slow", scenario = "a.yaml") FaultServer server) {
      assertThat(server).isNotNull();
    }
  }
}
