package dev.holdfast.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.http.client.HttpClientBuilderFactory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is reported where a jar is too old or missing. */
class VersionsTest {
  /** Loads everything anew, as if one class were not there. */
  private static final class Without extends ClassLoader {
    private final String hidden;

    Without(String hidden) {
      super(ClassLoader.getPlatformClassLoader());
      this.hidden = hidden;
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
      if (name.equals(hidden)) {
        throw new ClassNotFoundException(name);
      }
      String path = name.replace('.', '/') + ".class";
      try (InputStream in = VersionsTest.class.getClassLoader().getResourceAsStream(path)) {
        if (in == null) {
          throw new ClassNotFoundException(name);
        }
        byte[] bytes = in.readAllBytes();
        return defineClass(name, bytes, 0, bytes.length);
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }
  }

  private static @Nullable Object create(String hidden) throws ReflectiveOperationException {
    return new Without(hidden)
        .loadClass("dev.holdfast.langchain4j.HoldfastHttpClientBuilder")
        .getMethod("create")
        .invoke(null);
  }

  @Test
  void anOldHttpClientIsNamedWithTheFix() {
    assertThatThrownBy(() -> create("dev.langchain4j.http.client.sse.ServerSentEventContext"))
        .cause()
        .hasMessage(
            "langchain4j-http-client: must be 1.8.0 or later, was older; raise the version of"
                + " langchain4j-bom to 1.8.0 or later");
  }

  @ParameterizedTest
  @CsvSource({
    // Of 1.20.0 and later; of the default client, which streams do not need.
    "dev.langchain4j.http.client.sse.HttpStreamingEvent",
    "dev.langchain4j.http.client.jdk.JdkHttpClient",
  })
  void aStreamNeedsNoMore(String hidden) throws ReflectiveOperationException {
    var builder = create(hidden);
    assertThat(builder).isNotNull();
    assertThat(builder.getClass().getMethod("build").invoke(builder)).isNotNull();
  }

  @Test
  void theServiceFileNamesTheFactory() throws Exception {
    var file =
        Path.of(System.getProperty("holdfast.root"))
            .resolve("integrations/langchain4j/src/spi/resources/META-INF/services")
            .resolve(HttpClientBuilderFactory.class.getName());
    assertThat(Files.readAllLines(file))
        .isEqualTo(List.of(HoldfastHttpClientBuilderFactory.class.getName()));
    assertThat(new HoldfastHttpClientBuilderFactory().create())
        .isInstanceOf(HoldfastHttpClientBuilder.class);
  }
}
