package dev.holdfast.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.cli.playground.Playground;
import dev.holdfast.gateway.Gateway;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.observe.StreamMonitor;
import dev.holdfast.observe.dashboard.Dashboard;
import dev.holdfast.observe.debug.replay.ReplayServer;
import dev.holdfast.observe.server.MonitorServer;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.proxy.CuttingProxy;
import dev.holdfast.testkit.server.FaultServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** No web page of a stranger reads from a server of ours (DNS rebinding, foreign origins). */
@Timeout(120)
class ServersTest {
  private static final String ANSWER = "answer-canary-2342 and some more words after it.";

  /** What makes a process listen. */
  private static final Pattern LISTENS =
      Pattern.compile(
          "\\b(?:ServerSocket|ServerSocketChannel|AsynchronousServerSocketChannel|SSLServerSocket"
              + "|(?:SSL)?ServerSocketFactory|HttpServer|HttpsServer|SimpleFileServer"
              + "|DatagramSocket|DatagramChannel|MulticastSocket|ServerBootstrap)\\b");

  private static final Pattern REMARKS = Pattern.compile("(?s)/\\*.*?\\*/|//[^\\n]*");

  /** A server under test. */
  private interface Running extends AutoCloseable {
    int port();

    @Override
    void close();
  }

  private interface Opener {
    Running open(Path folder) throws IOException;
  }

  /** Every server in main code, by its file, and how to start it. */
  private static final Map<String, Opener> SERVERS =
      Map.of(
          "observe/server/MonitorServer", folder -> monitor(),
          "observe/debug/replay/ReplayServer", ServersTest::replay,
          "gateway/server/GatewayServer", folder -> gateway(),
          "cli/playground/PlaygroundServer", folder -> playground(),
          "testkit/server/FaultServer", folder -> faults(),
          "testkit/proxy/CuttingProxy", folder -> proxy());

  /** Those that cannot be started here, and why nothing can be read from them. */
  private static final Map<String, String> OTHERS =
      Map.of(
          "benchmarks/LoudServer", "asks AllowedHosts; serves a synthetic answer to a benchmark",
          "benchmarks/gateway/EventServer", "serves synthetic events to a benchmark, on loopback",
          "benchmarks/gateway/PlainNginx", "looks for a free port; accepts nothing",
          "benchmarks/ShortStreams", "reads no request; sends the letter x on loopback",
          "cli/playground/CuttableLine", "passes bytes on to the fault server, which asks",
          "testkit/journal/RedisProcess", "looks for a free port; accepts nothing",
          "testkit/transport/TunnelProxy",
              "opens tunnels for a test on loopback; no page can ask so",
          "testkit/transport/WireServer", "sends what a test writes to that test, on loopback");

  /** It starts a process, so all requests go to one. */
  private static final class OnePlayground {
    static final Playground INSTANCE = start();

    private static Playground start() {
      try {
        return Playground.start(0);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  @AfterAll
  static void endPlayground() {
    OnePlayground.INSTANCE.end();
  }

  private static Running playground() {
    int port = OnePlayground.INSTANCE.uri().getPort();
    return new Running() {
      @Override
      public int port() {
        return port;
      }

      @Override
      public void close() {
        // It is ended after the last request.
      }
    };
  }

  private static Running monitor() {
    var server = MonitorServer.builder(new StreamMonitor()).route(new Dashboard()).start();
    return new Running() {
      @Override
      public int port() {
        return server.port();
      }

      @Override
      public void close() {
        server.close();
      }
    };
  }

  private static Running gateway() {
    var server = FaultServer.builder().answer(Answer.ofText(ANSWER)).start();
    var gateway =
        Gateway.start(
            GatewayConfig.DEFAULT
                .withUpstreams(List.of(UpstreamConfig.parse("openai-chat=" + server.baseUrl())))
                .withDrain(Duration.ZERO));
    return new Running() {
      @Override
      public int port() {
        return gateway.port();
      }

      @Override
      public void close() {
        gateway.close();
        server.close();
      }
    };
  }

  private static Running replay(Path folder) throws IOException {
    Path recording = folder.resolve("a.holdfast");
    Files.writeString(
        recording,
        """
        {"holdfast":1,"input":"socket","timed":true,"recorded_ms":0}
        {"at_us":0,"event":"bytes","took_us":0,"text":"HTTP/1.1 200 OK\\r\\nContent-Length: 20\\r\\n\\r\\nanswer-canary-2342\\n\\n"}
        {"at_us":1,"event":"end","how":"fin","detail":""}
        """);
    var server = ReplayServer.start(recording, 0, 0, line -> {});
    return new Running() {
      @Override
      public int port() {
        return server.port();
      }

      @Override
      public void close() {
        server.close();
      }
    };
  }

  private static Running faults() {
    var server = FaultServer.builder().answer(Answer.ofText(ANSWER)).start();
    return new Running() {
      @Override
      public int port() {
        return server.port();
      }

      @Override
      public void close() {
        server.close();
      }
    };
  }

  private static Running proxy() throws IOException {
    var server = FaultServer.builder().answer(Answer.ofText(ANSWER)).start();
    var proxy = CuttingProxy.to(server.origin());
    int port = proxy.plan().baseUrl().getPort();
    return new Running() {
      @Override
      public int port() {
        return port;
      }

      @Override
      public void close() {
        proxy.close();
        server.close();
      }
    };
  }

  @Test
  void everyServerStandsInTheTable() {
    var found = new TreeSet<String>();
    for (Path file : SourceTree.files(SourceTree.root(), ".java")) {
      String path = SourceTree.root().relativize(file).toString().replace('\\', '/');
      String code = REMARKS.matcher(String.join("\n", SourceTree.lines(file))).replaceAll("");
      if (path.contains("/src/main/") && LISTENS.matcher(code).find()) {
        found.add(path.replaceFirst(".*/dev/holdfast/(.*)\\.java", "$1"));
      }
    }
    var listed = new TreeSet<>(SERVERS.keySet());
    listed.addAll(OTHERS.keySet());
    assertThat(found).isEqualTo(listed);
  }

  @Test
  void everyServerAsksTheOneGuard() {
    for (String server :
        Stream.concat(SERVERS.keySet().stream(), OTHERS.keySet().stream()).toList()) {
      String file = server.substring(server.lastIndexOf('/') + 1) + ".java";
      Path source =
          SourceTree.files(SourceTree.root(), file).stream()
              .filter(path -> path.toString().contains("main"))
              .filter(path -> path.getFileName().toString().equals(file))
              .findFirst()
              .orElseThrow();
      assertThat(String.join("\n", SourceTree.lines(source)))
          .as(server)
          .containsPattern("AllowedHosts|InetAddress\\.getLoopbackAddress\\(\\)");
    }
  }

  /** Head lines behind the request line; PORT and OTHER are ports, ~ a line's end. */
  private static final List<String> EVIL =
      List.of(
          "Host: evil.example",
          "Host: evil.example:PORT",
          "Host: EVIL.EXAMPLE:PORT",
          "Host: 127.0.0.1.evil.example",
          "Host: 127.0.0.1.evil.example:PORT",
          "Host: localhost.evil.example:PORT",
          "Host: evil.localhost:PORT",
          "Host: localhost-evil:PORT",
          "Host: localhostt:PORT",
          "Host: localhost..:PORT",
          "Host: .localhost:PORT",
          "Host: 127.0.0.1@evil.example",
          "Host: evil.example@127.0.0.1:PORT",
          "Host: localhost:PORT@evil.example",
          "Host: localhost:PORT:PORT",
          "Host: localhost:",
          "Host: localhost:+PORT",
          "Host: localhost:PORT/",
          "Host: localhost/evil.example",
          "Host: localhost#evil.example",
          "Host: localhost?evil.example",
          "Host: localhost, evil.example",
          "Host: localhost evil.example",
          "Host: evil.example localhost",
          "Host: http://localhost:PORT",
          "Host: localhost%00.evil.example",
          "Host: l%6fcalhost:PORT",
          "Host: 0.0.0.0:PORT",
          "Host: 0:PORT",
          "Host: 127.1:PORT",
          "Host: 2130706433:PORT",
          "Host: 0x7f000001:PORT",
          "Host: 0177.0.0.1:PORT",
          "Host: 127.0.0.256:PORT",
          "Host: 128.0.0.1:PORT",
          "Host: 10.0.0.1:PORT",
          "Host: 192.168.1.1:PORT",
          "Host: [::]:PORT",
          "Host: [::2]:PORT",
          "Host: [1::1]:PORT",
          "Host: [::1%25eth0]:PORT",
          "Host: [::1]evil.example:PORT",
          "Host: ::1",
          "Host: [::1",
          "Host: [fe80::1]:PORT",
          "Host: [::ffff:10.0.0.1]:PORT",
          "Host: \u0131ocalhost:PORT",
          "Host:",
          "Host: ",
          "X-Forwarded-Host: localhost:PORT",
          "Host: evil.example~X-Forwarded-Host: localhost:PORT",
          "Host: localhost:PORT~Host: evil.example",
          "Host: evil.example~Host: localhost:PORT",
          "Host: localhost:PORT~Host: localhost:PORT",
          "host: localhost:PORT~HOST: evil.example",
          "Host : localhost:PORT",
          " Host: localhost:PORT",
          "Host: localhost:PORT~Origin: http://evil.example",
          "Host: localhost:PORT~Origin: null",
          "Host: localhost:PORT~Origin: https://localhost.evil.example",
          "Host: localhost:PORT~Origin: http://localhost:PORT@evil.example",
          "Host: localhost:PORT~Origin: file://localhost:PORT",
          "Host: localhost:PORT~Origin: http://localhost:PORT~Origin: http://evil.example",
          "Host: localhost:PORT~Sec-Fetch-Site: cross-site");

  private static final List<String> OWN =
      List.of(
          "Host: localhost:PORT",
          "Host: localhost",
          "Host: localhost.:PORT",
          "Host: LocalHost:PORT",
          "HOST: LOCALHOST.:PORT",
          "Host: 127.0.0.1:PORT",
          "Host: 127.0.0.1",
          "Host: 127.1.2.3:PORT",
          "Host: [::1]:PORT",
          "Host: [::1]",
          "Host: [0:0:0:0:0:0:0:1]:PORT",
          "Host: [0::0001]:PORT",
          "Host:localhost:PORT",
          "Host: localhost:PORT~Origin: http://localhost:PORT",
          "Host: localhost:PORT~Origin: http://127.0.0.1:PORT~Sec-Fetch-Site: same-origin",
          "Host: localhost:PORT~Sec-Fetch-Site: none");

  private static final List<String> EVIL_TARGETS =
      List.of(
          "http://evil.examplePATH",
          "http://evil.example:PORTPATH",
          "HTTP://evil.examplePATH",
          "https://evil.examplePATH",
          "http://localhost:PORT@evil.examplePATH",
          "http://evil.example?x=http://localhost:PORTPATH",
          "ftp://localhost:PORTPATH",
          "evil.example:PORTPATH",
          "*");

  static Stream<Arguments> evil() {
    return SERVERS.keySet().stream()
        .flatMap(name -> EVIL.stream().map(lines -> Arguments.of(name, "PATH", lines)));
  }

  static Stream<Arguments> evilTargets() {
    return SERVERS.keySet().stream()
        .flatMap(name ->
            EVIL_TARGETS.stream()
                .map(target -> Arguments.of(name, target, "Host: localhost:PORT")));
  }

  static Stream<Arguments> own() {
    return SERVERS.keySet().stream()
        .flatMap(name -> OWN.stream().map(lines -> Arguments.of(name, "PATH", lines)));
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource({"evil", "evilTargets"})
  void aForeignRequestIsRefused(String server, String target, String lines, @TempDir Path folder)
      throws IOException {
    assertThat(ask(server, target, lines, "1.1", folder))
        .matches("(?s)HTTP/1\\.1 (400|403|421) .*")
        .doesNotContain("canary", "\"window\"", "<html");
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("own")
  void aRequestOfThisMachineIsAnswered(
      String server, String target, String lines, @TempDir Path folder) throws IOException {
    assertThat(ask(server, target, lines, "1.1", folder)).startsWith("HTTP/1.1 200 ");
  }

  static Stream<String> servers() {
    return SERVERS.keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("servers")
  void evenHttpOneZeroNamesItsHost(String server, @TempDir Path folder) throws IOException {
    assertThat(ask(server, "PATH", "X: y", "1.0", folder))
        .matches("(?s)HTTP/1\\.1 (400|403|421) .*");
    assertThat(ask(server, "PATH", "Host: localhost:PORT", "1.0", folder))
        .startsWith("HTTP/1.1 200 ");
  }

  @ParameterizedTest
  @MethodSource("servers")
  void anotherPortIsAnotherServerUnlessAProxyMayStandInFront(String server, @TempDir Path folder)
      throws IOException {
    String answer = ask(server, "PATH", "Host: localhost:1", "1.1", folder);
    if (server.equals("testkit/server/FaultServer")) {
      assertThat(answer).startsWith("HTTP/1.1 200 ");
    } else {
      assertThat(answer).matches("(?s)HTTP/1\\.1 (403|421) .*");
    }
  }

  /** {@return all that a server sends to one request} */
  private static String ask(String server, String target, String lines, String version, Path folder)
      throws IOException {
    boolean post = server.startsWith("testkit/") || server.startsWith("gateway/");
    String chat = server.endsWith("Proxy") ? "/cut-1/v1/chat/completions" : "/v1/chat/completions";
    String body =
        post
            ? "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
            : "";
    try (var running = Objects.requireNonNull(SERVERS.get(server)).open(folder);
        var socket = new Socket(InetAddress.getLoopbackAddress(), running.port())) {
      socket.setSoTimeout(30_000);
      var head = new ArrayList<String>();
      head.add((post ? "POST " : "GET ") + target + " HTTP/" + version);
      head.addAll(List.of(lines.split("~", -1)));
      if (post) {
        head.add("Content-Length: " + body.length());
      }
      head.add("Connection: close");
      String request =
          (String.join("\r\n", head) + "\r\n\r\n" + body)
              .replace("PATH", post ? chat : server.startsWith("cli/") ? "/" : "/report")
              .replace("PORT", Integer.toString(running.port()));
      socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
