package dev.holdfast.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.dialect.ProviderRequest;
import dev.holdfast.core.spi.Transport;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class UpstreamTest {
  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          openai-chat        | https://api.openai.com/v1        | https://api.openai.com/v1/chat/completions
          openai-chat        | https://api.openai.com/v1/       | https://api.openai.com/v1/chat/completions
          openai-chat        | https://api.deepseek.com         | https://api.deepseek.com/v1/chat/completions
          openai-chat        | http://localhost:8080            | http://localhost:8080/v1/chat/completions
          openai-chat        | https://g.example/v1beta/openai/ | https://g.example/v1beta/openai/chat/completions
          openai-chat        | https://a.example/o/v1?api=2     | https://a.example/o/v1/chat/completions?api=2
          openai-chat        | http://[::1]:9/v1                | http://[::1]:9/v1/chat/completions
          openai-chat        | https://z.example/api/paas/v4    | https://z.example/api/paas/v4/chat/completions
          openai-chat        | https://h.example/vault          | https://h.example/vault/v1/chat/completions
          anthropic-messages | https://api.anthropic.com        | https://api.anthropic.com/v1/messages
          openai-responses   | https://api.openai.com/v1        | https://api.openai.com/v1/responses
          gemini-sse         | https://g.example                | https://g.example/v1beta/models/m:streamGenerateContent?alt=sse
          gemini-sse         | https://g.example/v1?k=2         | https://g.example/v1/models/m:streamGenerateContent?alt=sse&k=2
          gemini-interactions| https://g.example/v1beta         | https://g.example/v1beta/interactions
          ollama-chat        | http://localhost:11434           | http://localhost:11434/api/chat
          ollama-chat        | http://localhost:11434/v1/       | http://localhost:11434/api/chat
          ollama-chat        | https://o.example/x/api          | https://o.example/x/api/chat
          """)
  void theProtocolsPathIsAdded(String dialect, String base, String endpoint) {
    var upstream = Upstream.of(dialect, base, null);
    assertThat(upstream.request(call(upstream), 0, Duration.ZERO).uri()).hasToString(endpoint);
  }

  @Test
  void everyProtocolSendsItsOwnKeyHeader() {
    var openAi =
        Upstream.openAi("k1").request(call(Upstream.openAi("k1")), 2, Duration.ZERO).headers();
    assertThat(openAi)
        .containsEntry("Authorization", List.of("Bearer k1"))
        .containsEntry("Accept", List.of("text/event-stream, */*;q=0.1"))
        .containsEntry("Accept-Encoding", List.of("identity"))
        .containsEntry("X-Stainless-Retry-Count", List.of("2"))
        .doesNotContainKey("x-api-key");
    var anthropic = request(Upstream.anthropic("k2")).headers();
    assertThat(anthropic)
        .containsEntry("x-api-key", List.of("k2"))
        .containsEntry("anthropic-version", List.of("2023-06-01"))
        .doesNotContainKey("Authorization");
    assertThat(request(Upstream.gemini("k3")).headers())
        .containsEntry("x-goog-api-key", List.of("k3"))
        .doesNotContainKey("Authorization");
    assertThat(request(Upstream.of("gemini-interactions", "http://h", "k4")).headers())
        .containsEntry("x-goog-api-key", List.of("k4"))
        .containsEntry("Api-Revision", List.of("2026-05-20"));
  }

  @Test
  void anUpstreamAtAnotherAddressIsNamedAfterItUnlessItHasAName() {
    var openAi = Upstream.openAi("k");
    assertThat(openAi.name()).isEqualTo("api.openai.com");
    assertThat(openAi.at("http://127.0.0.1:9000/v1").name()).isEqualTo("127.0.0.1:9000");
    assertThat(openAi.withName("main").at("http://127.0.0.1:9000/v1").name()).isEqualTo("main");
  }

  @Test
  void aRequestWithoutABodyIsAskedForByGet() {
    var upstream = Upstream.of("openai-chat", "https://h.example/vault/v1", null);
    var call = ProviderRequest.get("/tokens/7?from=2", upstream.dialect());
    var request = upstream.request(call, 0, Duration.ZERO);
    assertThat(request.method()).isEqualTo(ProviderRequest.Method.GET);
    assertThat(request.uri()).hasToString("https://h.example/vault/tokens/7?from=2");
    assertThat(request.headers()).doesNotContainKey("Content-Type");
  }

  private static ProviderRequest call(Upstream upstream) {
    return upstream.dialect().call("{\"model\":\"m\"}");
  }

  private static Transport.Request request(Upstream upstream) {
    return upstream.request(call(upstream), 0, Duration.ZERO);
  }

  @Test
  void twoServersOfOneMachineHaveTwoNames() {
    assertThat(Upstream.of("openai-chat", "http://localhost:8001/v1", null).name())
        .isEqualTo("localhost:8001");
    assertThat(Upstream.of("openai-chat", "https://api.example.com/v1", null).name())
        .isEqualTo("api.example.com");
  }

  @Test
  void anUpstreamsOwnHeadersReplaceOurs() {
    var headers =
        request(Upstream.openAi("k").withHeader("user-agent", "mine").withHeader("X-Title", "t"))
            .headers();
    assertThat(headers)
        .containsEntry("User-Agent", List.of("mine"))
        .containsEntry("X-Title", List.of("t"));
  }

  @Test
  void noKeyIsEverPrinted() {
    var upstream =
        Upstream.openAi("sk-secret").withHeader("api-key", "also-secret").at("http://localhost");
    assertThat(upstream.toString()).contains("localhost", "api-key").doesNotContain("secret");
    assertThatThrownBy(() -> Upstream.openAi("sk-secret\n"))
        .hasMessage("key: must be visible ASCII characters, was 10 characters (hidden)");
    assertThatThrownBy(() -> Upstream.openAi("k").withHeader("x", "secret\r\nEvil: 1"))
        .hasMessage("headers: contents must be printable ASCII, was x: (hidden)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ftp://host/             | baseUrl: must be an http or https address with a host
          localhost:8080          | baseUrl: must be an http or https address with a host
          http://u:secret@host/   | baseUrl: must not contain a password, was (hidden)
          http://host/#top        | baseUrl: must not have a fragment
          not an address          | baseUrl: must be an http or https address
          """)
  void anAddressThatIsNoneIsNamed(String address, String message) {
    assertThatThrownBy(() -> Upstream.of("openai-chat", address, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(message)
        .hasMessageNotContaining("secret");
  }

  @Test
  void whatTheTransportSetsCannotBeSet() {
    assertThatThrownBy(() -> Upstream.openAi("k").withHeader("Content-Length", "1"))
        .hasMessage("headers: must not name what the transport sets, was Content-Length");
    assertThatThrownBy(() -> Upstream.openAi("k").withHeader("a b", "1"))
        .hasMessage("headers: names must be HTTP tokens, was a b");
  }

  @Test
  void anUnknownProtocolIsNamed() {
    assertThatThrownBy(() -> Upstream.of("smoke-signals", "http://host", null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("openai-chat")
        .hasMessageContaining("smoke-signals");
  }

  @Test
  void aClientWithoutAnUpstreamIsRefused() {
    assertThatThrownBy(() -> Holdfast.builder().build())
        .hasMessage("upstream: must be set, was null");
  }
}
