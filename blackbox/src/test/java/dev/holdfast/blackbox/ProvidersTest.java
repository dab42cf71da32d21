package dev.holdfast.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.provider.Dialects;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds the table of providers to the readers and to the fixtures. */
class ProvidersTest {
  private static final List<String> PROMISED =
      List.of(
          "OpenAI",
          "Azure OpenAI",
          "Anthropic",
          "Gemini",
          "Gemini Interactions",
          "Mistral",
          "Cohere v2",
          "DeepSeek",
          "Groq",
          "xAI",
          "Together",
          "Fireworks",
          "OpenRouter",
          "Perplexity",
          "vLLM",
          "SGLang",
          "llama.cpp",
          "Ollama",
          "Ollama, compatible front",
          "LM Studio",
          "Bedrock ConverseStream",
          "Bedrock InvokeModel",
          "TGI",
          "DashScope",
          "Moonshot",
          "GLM",
          "MiniMax",
          "Snowflake",
          "Writer",
          "Venice",
          "GitHub Copilot");

  private final List<List<String>> rows =
      Markdown.rows(SourceTree.root().resolve("docs/dialects.md"), "## Providers");

  @Test
  void everyProviderThatIsPromisedHasOneRow() {
    assertThat(rows.stream().map(List::getFirst)).doesNotHaveDuplicates().containsAll(PROMISED);
    assertThat(rows).allSatisfy(row -> assertThat(row).hasSize(9).doesNotContain(""));
  }

  @Test
  void everyProtocolHasAProviderAndEveryProvidersProtocolIsRead() {
    assertThat(rows.stream().flatMap(ProvidersTest::protocols).distinct())
        .containsExactlyInAnyOrderElementsOf(Dialects.ids());
  }

  @Test
  void everyProtocolHasARowOfItsOwn() {
    var page = String.join("\n", SourceTree.lines(SourceTree.root().resolve("docs/dialects.md")));
    assertThat(Dialects.ids())
        .allSatisfy(id -> assertThat(page).containsPattern("\\| [^|]*`" + id + "`[^|]* \\|"));
  }

  @Test
  void everyRowHasAFixtureOfOneOfItsProtocols() {
    for (var row : rows) {
      String fixture = row.getLast().replace("`", "");
      assertThat(SourceTree.root().resolve("fixtures/dialect").resolve(fixture))
          .as(row.getFirst())
          .exists();
      assertThat(protocols(row))
          .as(row.getFirst())
          .contains(fixture.substring(0, fixture.indexOf('/')));
    }
  }

  private static Stream<String> protocols(List<String> row) {
    return Arrays.stream(row.get(1).replace("`", "").split(", "));
  }
}
