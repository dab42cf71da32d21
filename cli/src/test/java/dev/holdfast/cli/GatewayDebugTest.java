package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.Gateway;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.JournalConfig;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Position;
import dev.holdfast.testkit.server.FaultServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A stream of a gateway with a journal, opened in the debugger while its client reads it. */
class GatewayDebugTest {
  private static final String KEY = "sk-of-the-client-0815-4711-0815-4711";
  private static final String TEXT = "A light that is seen from far. ".repeat(12);
  private static final String BODY =
      """
      {"model":"gpt-4.1-mini","stream":true,"messages":[{"role":"user","content":"my secret"}]}\
      """;

  @TempDir private Path temp;

  @Test
  @Timeout(120)
  void aStreamThatIsOpenIsDebuggedAndItsRecordingHoldsNoSecret() throws Exception {
    var slow = new Fault.Slow(Duration.ofMillis(20));
    Path saved = temp.resolve("saved.holdfast");
    try (var upstream =
            FaultServer.builder()
                .answer(Answer.ofText(TEXT))
                .script((stream, attempt) ->
                    attempt == 1
                        ? List.of(slow, new Fault.CutFin(Position.token(20)))
                        : List.of(slow))
                .start();
        var gateway =
            Gateway.start(
                GatewayConfig.DEFAULT
                    .withUpstreams(
                        List.of(UpstreamConfig.parse("openai-chat=" + upstream.baseUrl())))
                    .withJournal(JournalConfig.at(temp.resolve("journal")))
                    .withDrain(Duration.ZERO));
        var http = HttpClient.newHttpClient()) {
      var response =
          http.send(
              HttpRequest.newBuilder(URI.create(gateway.uri() + "/v1/chat/completions"))
                  .header("Content-Type", "application/json")
                  .header("Authorization", "Bearer " + KEY)
                  .POST(HttpRequest.BodyPublishers.ofString(BODY))
                  .build(),
              HttpResponse.BodyHandlers.ofLines());
      String id = response.headers().firstValue("holdfast-stream-id").orElseThrow();
      String address = gateway.uri() + "/v1/streams/" + id;
      var ran =
          new Cli()
              .run(
                  "debug",
                  "--json",
                  "--save",
                  saved.toString(),
                  "-H",
                  "Authorization: Bearer " + KEY,
                  address);
      assertThat(ran.code()).as(ran.out() + ran.err()).isZero();
      var report = Cli.object(ran.outLines().getLast());
      assertThat(report.text("verdict")).isEqualTo("COMPLETE");
      assertThat(ran.out()).contains("seen").doesNotContain(KEY, "my secret");
      assertThat(String.join("", response.body().map(ServeCommandTest::text).toList()))
          .isEqualTo(TEXT);

      String recording = Files.readString(saved, StandardCharsets.ISO_8859_1);
      assertThat(recording).contains("seen").doesNotContain(KEY, "my secret");
      var again = new Cli().run("debug", "--json", saved.toString());
      assertThat(Cli.object(again.outLines().getLast()).text("verdict")).isEqualTo("COMPLETE");

      var stranger = new Cli().run("debug", "--json", address);
      assertThat(stranger.code()).isNotZero();
      assertThat(stranger.out()).contains("404").doesNotContain("seen");
    }
  }
}
