package dev.holdfast.testkit.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.json.TestJson;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What clients ask beside answers, while every answer is broken. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CatalogueTest {
  private final FaultServer server =
      FaultServer.builder().script((stream, attempt) -> Fault.parseAll("cut-fin@token=0")).start();

  @AfterAll
  void close() {
    server.close();
  }

  private String get(String path) throws IOException {
    return body(connection(path));
  }

  private String post(String path, String body) throws IOException {
    var connection = connection(path);
    connection.setDoOutput(true);
    connection.getOutputStream().write(body.getBytes(StandardCharsets.UTF_8));
    return body(connection);
  }

  private HttpURLConnection connection(String path) throws IOException {
    return (HttpURLConnection) URI.create(server.origin() + path).toURL().openConnection();
  }

  private static String body(HttpURLConnection connection) throws IOException {
    assertThat(connection.getResponseCode()).isEqualTo(200);
    try (var in = connection.getInputStream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/models, '{\"object\":\"list\",\"data\":[{\"id\":\"holdfast-1\"'",
    "/v1/models/any, '{\"id\":\"any\",\"object\":\"model\"'",
    "/v1beta/models, '{\"models\":[{\"name\":\"models/holdfast-1\"'",
    "/v1beta/models/any, '{\"name\":\"models/any\"'",
    "/api/tags, '{\"models\":[{\"name\":\"holdfast-1\"'",
    "/api/version, '{\"version\"'",
  })
  void modelsAreListed(String path, String begin) throws Exception {
    assertThat(get(path)).startsWith(begin);
  }

  @Test
  void anthropicListsModelsInItsOwnForm() throws Exception {
    var connection = connection("/v1/models");
    connection.setRequestProperty("anthropic-version", "2023-06-01");
    assertThat(body(connection))
        .startsWith("{\"data\":[{\"type\":\"model\",\"id\":\"holdfast-1\"")
        .contains("\"has_more\":false");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/v1/messages/count_tokens | {'messages':[{'role':'user','content':'12345678'}]} |"
            + " {'input_tokens':3}",
        "/v1/responses/input_tokens | {'input':'12345678'} |"
            + " {'object':'response.input_tokens','input_tokens':3}",
        "/v1beta/models/m:countTokens | {'contents':[{'parts':[{'text':'12345678'}]}]} |"
            + " {'totalTokens':3}",
      },
      quoteCharacter = '^')
  void tokensAreCounted(String path, String body, String counted) throws Exception {
    assertThat(post(path, body.replace('\'', '"'))).isEqualTo(counted.replace('\'', '"'));
  }

  @Test
  void embeddingsAreTheSameForTheSameText() throws Exception {
    String body = "{\"model\":\"m\",\"input\":[\"a\",\"b\",\"a\"],\"dimensions\":3}";
    var data = TestJson.parse(post("/v1/embeddings", body)).items("data");
    assertThat(data).hasSize(3);
    assertThat(data.get(0).items("embedding")).hasSize(3);
    assertThat(data.get(0).items("embedding").stream().map(TestJson::shown).toList())
        .isEqualTo(data.get(2).items("embedding").stream().map(TestJson::shown).toList())
        .isNotEqualTo(data.get(1).items("embedding").stream().map(TestJson::shown).toList());
  }

  @Test
  void embeddingsComeInTheFormsOfEachProvider() throws Exception {
    assertThat(post("/v1/embeddings", "{\"input\":\"a\",\"encoding_format\":\"base64\"}"))
        .containsPattern("\"embedding\":\"[A-Za-z0-9+/]{1366}==\"");
    assertThat(post("/api/embed", "{\"input\":\"a\"}")).contains("\"embeddings\":[[");
    String content = "{\"content\":{\"parts\":[{\"text\":\"a\"}]},\"outputDimensionality\":2}";
    assertThat(post("/v1beta/models/m:embedContent", content))
        .containsPattern("^\\{\"embedding\":\\{\"values\":\\[[^,]+,[^,]+]}}$");
    assertThat(post("/v1beta/models/m:batchEmbedContents", "{\"requests\":[" + content + "]}"))
        .startsWith("{\"embeddings\":[{\"values\":[");
  }
}
