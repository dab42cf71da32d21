package dev.holdfast.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.client.environment.Environment;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An upstream by the variables that the providers' own SDKs read. */
final class EnvironmentTest {
  @ParameterizedTest(name = "{0} by {1}")
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      textBlock =
          """
          # protocol          | variables                                                | address                                          | key
          openai-chat         | OPENAI_API_KEY=k1                                        | https://api.openai.com/v1                        | k1
          openai-responses    | OPENAI_API_KEY=k1                                        | https://api.openai.com/v1                        | k1
          openai-chat         | OPENAI_API_KEY=k1 OPENAI_BASE_URL=http://127.0.0.1:9/v1  | http://127.0.0.1:9/v1                            | k1
          openai-chat         | OPENAI_BASE_URL=http://127.0.0.1:9/v1                    | http://127.0.0.1:9/v1                            | -
          anthropic-messages  | ANTHROPIC_API_KEY=k2                                     | https://api.anthropic.com/v1                     | k2
          anthropic-messages  | ANTHROPIC_API_KEY=k2 ANTHROPIC_BASE_URL=http://a.example | http://a.example                                 | k2
          gemini-sse          | GEMINI_API_KEY=k3                                        | https://generativelanguage.googleapis.com/v1beta | k3
          gemini-sse          | GOOGLE_API_KEY=k4 GEMINI_API_KEY=k3                      | https://generativelanguage.googleapis.com/v1beta | k4
          gemini-interactions | GEMINI_API_KEY=k3                                        | https://generativelanguage.googleapis.com/v1beta | k3
          gemini-sse          | GEMINI_API_KEY=k3 GOOGLE_GEMINI_BASE_URL=http://g.example | http://g.example                                | k3
          ollama-chat         | -                                                        | http://127.0.0.1:11434                           | -
          ollama-chat         | OLLAMA_API_KEY=k5 OLLAMA_HOST=https://ollama.example     | https://ollama.example:443                       | k5
          """)
  void everyProviderHasItsVariables(String protocol, String variables, String address, String key) {
    var upstream = Upstream.fromEnv(protocol, variables(variables));

    assertThat(upstream.dialect().id()).isEqualTo(protocol);
    assertThat(upstream.baseUrl()).hasToString(address);
    assertThat(upstream.key().map(Secret::reveal).orElse(null)).isEqualTo(key);
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1:8000, http://127.0.0.1:8000",
    "box, http://box:11434",
    ":9000, http://127.0.0.1:9000",
    "0.0.0.0, http://127.0.0.1:11434",
    "0.0.0.0:9000, http://127.0.0.1:9000",
    "http://box, http://box:80",
    "http://box:8000/ollama, http://box:8000/ollama",
    "https://box, https://box:443",
    "::1, http://[::1]:11434",
    "[::1]:9000, http://[::1]:9000",
    "[::], http://127.0.0.1:11434",
  })
  void anOllamaHostMayLackAlmostEverything(String host, String address) {
    assertThat(Upstream.fromEnv("ollama-chat", Map.of("OLLAMA_HOST", host)).baseUrl())
        .hasToString(address);
  }

  @Test
  void aTokenIsABearersAndAnOrganisationGoesAlong() {
    var anthropic = Upstream.fromEnv("anthropic-messages", Map.of("ANTHROPIC_AUTH_TOKEN", "t"));
    assertThat(anthropic.key()).isEmpty();
    assertThat(anthropic.headers()).containsEntry("Authorization", "Bearer t");

    var openAi =
        Upstream.fromEnv(
            "openai-chat",
            Map.of("OPENAI_API_KEY", "k", "OPENAI_ORG_ID", "org-1", "OPENAI_PROJECT_ID", "p-1"));
    assertThat(openAi.headers())
        .containsEntry("OpenAI-Organization", "org-1")
        .containsEntry("OpenAI-Project", "p-1");
  }

  @Test
  void aBlankVariableCountsAsAbsent() {
    assertThatThrownBy(() -> Upstream.fromEnv("openai-chat", Map.of("OPENAI_API_KEY", " ")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("OPENAI_API_KEY: must be set where OPENAI_BASE_URL is not, was unset");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "- | was none",
        "OPENAI_API_KEY=k1 ANTHROPIC_BASE_URL=http://a | was OPENAI_API_KEY and ANTHROPIC_BASE_URL",
      })
  void theOnlyProviderMustBeOne(String variables, String complaint) {
    assertThatThrownBy(() -> new Environment(variables(variables)).only())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("environment: must name one provider by ")
        .hasMessageEndingWith(complaint)
        .hasMessageNotContaining("k1");
  }

  @Test
  void theOnlyProviderIsFound() {
    var only = new Environment(Map.of("GEMINI_API_KEY", "k3", "PATH", "/bin")).only();
    assertThat(only.dialectId()).isEqualTo("gemini-sse");
    assertThat(only.toString()).doesNotContain("k3");
  }

  @Test
  void aProtocolWithoutVariablesIsNamed() {
    assertThatThrownBy(() -> Upstream.fromEnv("llama-completion", Map.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("dialectId: must be one with variables: openai-chat, ")
        .hasMessageEndingWith("was llama-completion");
  }

  private static Map<String, String> variables(String text) {
    var variables = new LinkedHashMap<String, String>();
    for (String pair : text == null ? new String[0] : text.split(" ")) {
      int equals = pair.indexOf('=');
      variables.put(pair.substring(0, equals), pair.substring(equals + 1));
    }
    return variables;
  }
}
