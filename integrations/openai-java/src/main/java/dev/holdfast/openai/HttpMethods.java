package dev.holdfast.openai;

import com.openai.core.http.HttpMethod;
import dev.holdfast.core.dialect.ProviderRequest;

/** The openai's words for methods. */
final class HttpMethods {
  private HttpMethods() {}

  static HttpMethod of(ProviderRequest.Method method) {
    return switch (method) {
      case GET -> HttpMethod.GET;
      case POST -> HttpMethod.POST;
      case DELETE -> HttpMethod.DELETE;
    };
  }
}
