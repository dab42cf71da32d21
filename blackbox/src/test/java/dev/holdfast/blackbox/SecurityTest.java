package dev.holdfast.blackbox;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import dev.holdfast.client.Holdfast;
import dev.holdfast.client.Outcome;
import dev.holdfast.client.StreamException;
import dev.holdfast.client.Upstream;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The promises of SECURITY.md that can only be seen on the whole. */
@Timeout(60)
class SecurityTest {
  private static final String KEY = "sk-canary-4711";
  private static final String PROMPT = "prompt-canary-0815";
  private static final String ANSWER = "answer-canary-2342 and some more words after it.";

  private static Holdfast client(String baseUrl, Protocol protocol) {
    return Holdfast.builder()
        .upstream(Upstream.of(protocol.id(), baseUrl, KEY))
        .policy(StreamPolicy.DEFAULT.withRetry(RetryPolicy.NONE))
        .build();
  }

  private static ChatRequest request() {
    return ChatRequest.to("m").system(PROMPT).user(PROMPT).build();
  }

  private static HttpServer server(com.sun.net.httpserver.HttpHandler handler) throws IOException {
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", handler);
    server.start();
    return server;
  }

  private static String url(HttpServer server) {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/v1";
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 302, 303, 307, 308})
  void aRedirectIsNotFollowedAndTheKeyGoesNowhereElse(int status) throws Exception {
    var asked = new LinkedBlockingQueue<String>();
    try (var elsewhere = FaultServer.builder().start()) {
      HttpServer redirecting =
          server(exchange -> {
            // Whoever closes with something unread resets, and may lose what was said.
            exchange.getRequestBody().readAllBytes();
            asked.add(exchange.getRequestURI().getPath());
            exchange.getResponseHeaders().add("Location", elsewhere.baseUrl() + "/messages");
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
          });
      try (var holdfast = client(url(redirecting), Protocol.ANTHROPIC_MESSAGES);
          var stream = holdfast.stream(request())) {
        Outcome outcome = stream.outcome();

        assertThat(outcome.cause()).contains(Cause.REJECTED);
        assertThat(outcome.failure().orElseThrow().httpStatus()).hasValue(status);
      } finally {
        redirecting.stop(0);
      }
      assertThat(asked).hasSize(1);
      assertThat(elsewhere.received()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "status@code=401",
        "status@code=500",
        "cut-rst@token=5",
        "end-early@token=5",
        "malformed-json@token=5",
        "malformed-sse@token=5",
        "error-event@token=5",
        "html-page@code=200"
      })
  void whatIsThrownRevealsNoKeyNoPromptAndNoAnswer(String fault) {
    for (Protocol protocol : Protocol.spoken()) {
      if (protocol == Protocol.OLLAMA_CHAT && fault.startsWith("malformed-sse")) {
        continue; // Its lines are no server-sent events to break.
      }
      try (var server =
              FaultServer.builder().answer(Answer.ofText(ANSWER)).script(Script.of(fault)).start();
          var holdfast = client(server.baseUrl().toString(), protocol)) {
        assertRevealsNothing(holdfast);
        assertThat(server.received().getFirst().headers().toString()).contains(KEY);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 401, 500})
  void anErrorThatEchoesTheRequestIsNotThrownOn(int status) throws Exception {
    HttpServer echoing = server(exchange -> echo(exchange, status));
    try (var holdfast = client(url(echoing), Protocol.OPENAI_CHAT)) {
      assertRevealsNothing(holdfast);
    } finally {
      echoing.stop(0);
    }
  }

  @Test
  void aServerThatIsNotThereIsReportedWithoutTheKey() throws Exception {
    HttpServer gone = server(HttpExchange::close);
    String url = url(gone);
    gone.stop(0);
    try (var holdfast = client(url, Protocol.OPENAI_CHAT)) {
      assertRevealsNothing(holdfast);
    }
  }

  private static void echo(HttpExchange exchange, int status) throws IOException {
    String prompt = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    String said = exchange.getRequestHeaders().getFirst("Authorization") + " " + prompt;
    String quoted = said.replace("\\", "\\\\").replace("\"", "\\\"");
    byte[] body =
        ("{\"error\":{\"type\":\"bad\",\"message\":\"" + quoted + "\"}}")
            .getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  /** The message, the causes and the stack trace of what a failed stream throws; its outcome. */
  private static void assertRevealsNothing(Holdfast holdfast) {
    try (var stream = holdfast.stream(request())) {
      assertThatThrownBy(stream::text)
          .isInstanceOfSatisfying(
              StreamException.class,
              thrown -> {
                var trace = new StringWriter();
                thrown.printStackTrace(new PrintWriter(trace, true));
                assertThat(trace.toString() + thrown + stream.outcome())
                    .contains(thrown.cause().id())
                    .doesNotContain("canary");
              });
    }
  }

  @Test
  void theLibraryNeitherLogsNorPrints() {
    String rotten = "dev.holdfast.blackbox.rotten";

    assertThat(HouseRules.broken(silent("dev.holdfast"), ProductionClasses.ALL)).isEmpty();
    assertThat(HouseRules.broken(silent(rotten), new ClassFileImporter().importPackages(rotten)))
        .anySatisfy(line -> assertThat(line).contains("core.engine.Logs"));
  }

  private static ArchRule silent(String root) {
    return noClasses()
        .that()
        .resideInAnyPackage(root + ".core..", root + ".client..", root + ".testkit..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.util.logging..", "org.slf4j..", "org.apache..")
        .orShould()
        .dependOnClassesThat()
        .areAssignableTo(System.Logger.class)
        .orShould()
        .accessTargetWhere(
            describe(
                "print",
                access ->
                    access.getName().equals("printStackTrace")
                        || (access.getTargetOwner().isEquivalentTo(System.class)
                            && Set.of("out", "err", "console").contains(access.getName()))));
  }

  @Test
  void nothingIsDeserialisedOrRunAsAScript() {
    var rule =
        noClasses()
            .should()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.io.ObjectInputStream")
            .orShould()
            .dependOnClassesThat()
            .resideInAnyPackage("javax.script..", "java.rmi..", "javax.naming..");
    assertThat(HouseRules.broken(rule, ProductionClasses.ALL)).isEmpty();
  }

  @Test
  void theCoreBringsOneLibraryAndNoVersionIsARange() {
    // What stands in a profile is fetched by who asks for it: the fuzzer.
    String core =
        String.join("\n", SourceTree.lines(SourceTree.root().resolve("core/pom.xml")))
            .replaceAll("(?s)<profiles>.*</profiles>|<build>.*</build>", "");

    assertThat(core.lines().map(String::strip).filter(line -> line.startsWith("<artifactId>")))
        .containsExactly(
            "<artifactId>holdfast</artifactId>",
            "<artifactId>holdfast-core</artifactId>",
            "<artifactId>jackson-core</artifactId>");
    for (var pom : SourceTree.files(SourceTree.root(), "pom.xml")) {
      String dependencies =
          String.join("\n", SourceTree.lines(pom)).replaceAll("(?s)<build>.*", "");
      assertThat(dependencies).doesNotContainPattern("version>\\s*[\\[(]|>(LATEST|RELEASE)<");
    }
  }

  @Test
  void theFaultServerIsReachedOverLoopbackOnly() throws Exception {
    List<InetAddress> outside =
        NetworkInterface.networkInterfaces()
            .flatMap(NetworkInterface::inetAddresses)
            .filter(address -> !address.isLoopbackAddress() && !address.isLinkLocalAddress())
            .toList();
    assumeFalse(outside.isEmpty(), "needs an address that is not loopback");
    try (var server = FaultServer.builder().start()) {
      for (InetAddress address : outside) {
        assertThatThrownBy(() -> new Socket(address, server.port()).close())
            .isInstanceOf(ConnectException.class);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "127.0.0.1@evil.example",
        "0.0.0.0",
        ""
      })
  void theFaultServerAnswersToLoopbackNamesOnly(String host) throws Exception {
    try (var server = FaultServer.builder().start();
        var socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      String request =
          String.join(
              "\r\n",
              "POST /v1/messages HTTP/1.1",
              "Host: " + host,
              "Content-Length: 2",
              "Connection: close",
              "",
              "{}");
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

      assertThat(answer).startsWith("HTTP/1.1 421").contains("host: must be a loopback name");
    }
  }
}
