package dev.holdfast.langchain4j;

import dev.langchain4j.http.client.HttpClientBuilder;
import dev.langchain4j.http.client.jdk.JdkHttpClient;

/** What LangChain4j's jars on the class path can do. */
final class Versions {
  private Versions() {}

  /**
   * Checks what this module needs.
   *
   * @throws IllegalStateException naming the jar and the fix
   */
  static void check() {
    // Streams that can be cancelled, since 1.8.0.
    if (isMissing("dev.langchain4j.http.client.sse.ServerSentEventContext")) {
      throw new IllegalStateException(
          "langchain4j-http-client: must be 1.8.0 or later, was older; raise the version of"
              + " langchain4j-bom to 1.8.0 or later");
    }
  }

  /** As {@link #check}, for the model, which needs the core alone. */
  static void checkCore() {
    if (isMissing("dev.langchain4j.model.chat.response.StreamingHandle")) {
      throw new IllegalStateException(
          "langchain4j-core: must be 1.8.0 or later, was older; raise the version of"
              + " langchain4j-bom to 1.8.0 or later");
    }
  }

  /**
   * {@return a builder of LangChain4j's default client}
   *
   * @throws IllegalStateException if its jar is missing
   */
  static HttpClientBuilder jdkClient() {
    if (isMissing("dev.langchain4j.http.client.jdk.JdkHttpClient")) {
      throw new IllegalStateException(
          "langchain4j-http-client-jdk: must be on the class path for requests that are no streams,"
              + " was missing; add dev.langchain4j:langchain4j-http-client-jdk");
    }
    return JdkHttpClient.builder();
  }

  private static boolean isMissing(String type) {
    try {
      Class.forName(type, false, Versions.class.getClassLoader());
      return false;
    } catch (ClassNotFoundException e) {
      return true;
    }
  }
}
