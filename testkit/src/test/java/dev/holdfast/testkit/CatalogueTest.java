package dev.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What clients ask beside answers, while every answer is broken. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CatalogueTest {
  private final HttpClient client = HttpClient.newHttpClient();
  private final FaultServer server =
      FaultServer.builder().script((stream, attempt) -> Fault.parseAll("cut-fin@token=0")).start();

  @AfterAll
  void close() {
    client.close();
    server.close();
  }

  private String get(String path, String... headers) throws Exception {
    var request = HttpRequest.newBuilder(URI.create(server.origin() + path));
    return send(headers.length == 0 ? request : request.headers(headers));
  }

  private String post(String path, String body) throws Exception {
    return send(
        HttpRequest.newBuilder(URI.create(server.origin() + path))
            .POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  private String send(HttpRequest.Builder request) throws Exception {
    var response = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return response.body();
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/models, '{\"object\":\"list\",\"data\":[{\"id\":\"holdfast-1\"'",
    "/v1/models/any, '{\"id\":\"holdfast-1\",\"object\":\"model\"'",
    "/v1beta/models, '{\"models\":[{\"name\":\"models/holdfast-1\"'",
    "/v1beta/models/any, '{\"name\":\"models/holdfast-1\"'",
    "/api/tags, '{\"models\":[{\"name\":\"holdfast-1\"'",
    "/api/version, '{\"version\"'",
  })
  void modelsAreListed(String path, String begin) throws Exception {
    assertThat(get(path)).startsWith(begin);
  }

  @Test
  void anthropicListsModelsInItsOwnForm() throws Exception {
    assertThat(get("/v1/models", "anthropic-version", "2023-06-01"))
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
    var data = Json.parse(post("/v1/embeddings", body)).items("data");
    assertThat(data).hasSize(3);
    assertThat(data.get(0).items("embedding")).hasSize(3);
    assertThat(data.get(0).items("embedding").stream().map(Json::shown).toList())
        .isEqualTo(data.get(2).items("embedding").stream().map(Json::shown).toList())
        .isNotEqualTo(data.get(1).items("embedding").stream().map(Json::shown).toList());
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
