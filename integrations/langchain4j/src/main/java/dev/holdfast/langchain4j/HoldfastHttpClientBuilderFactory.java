package dev.holdfast.langchain4j;

import dev.langchain4j.http.client.HttpClientBuilder;
import dev.langchain4j.http.client.HttpClientBuilderFactory;

/**
 * Makes {@link HoldfastHttpClientBuilder} the client of every model that is given none. The service
 * file is in the jar with the classifier {@code spi}. Beside another client the system property
 * {@code langchain4j.http.clientBuilderFactory} must name this class.
 */
public final class HoldfastHttpClientBuilderFactory implements HttpClientBuilderFactory {
  /** For the service loader. */
  public HoldfastHttpClientBuilderFactory() {}

  @Override
  public HttpClientBuilder create() {
    return HoldfastHttpClientBuilder.create();
  }
}
