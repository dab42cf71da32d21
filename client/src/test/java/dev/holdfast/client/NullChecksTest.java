package dev.holdfast.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.client.journal.JournalPolicy;
import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.dialect.TokenCount;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.policy.BreakerPolicy;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.FailoverPolicy;
import dev.holdfast.core.policy.Profiles;
import dev.holdfast.core.policy.RecoveryPolicy;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StartupPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.request.Media;
import dev.holdfast.core.request.Message;
import dev.holdfast.core.request.Part;
import dev.holdfast.core.request.Reasoning;
import dev.holdfast.core.request.ResponseFormat;
import dev.holdfast.core.request.Tool;
import dev.holdfast.core.request.ToolChoice;
import dev.holdfast.core.stream.ToolCall;
import java.io.InputStream;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.lang.reflect.Proxy;
import java.net.ProxySelector;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The API that applications call refuses null at once, by the parameter's name. */
final class NullChecksTest {
  /** Where the walk through the API begins; what these types return and accept follows. */
  private static final List<Class<?>> ROOTS =
      List.of(
          Holdfast.class,
          Holdfast.Builder.class,
          Upstream.class,
          RequestOptions.class,
          Secret.class,
          SpillingSink.class,
          MemorySink.class,
          JdbcSink.class,
          JdkTransport.class,
          JdkTransport.Builder.class,
          JournalPolicy.class,
          ChatRequest.class,
          ChatRequest.Builder.class,
          Message.class,
          Part.class,
          Media.class,
          Tool.class,
          ToolChoice.class,
          ToolCall.class,
          Reasoning.class,
          ResponseFormat.class,
          StreamPolicy.class,
          Timeouts.class,
          RetryPolicy.class,
          RecoveryPolicy.class,
          FailoverPolicy.class,
          StartupPolicy.class,
          BreakerPolicy.class,
          Capability.class,
          Profiles.class,
          Dialects.class);

  /** Called by the engine for each attempt, not by applications. */
  private static final Set<String> INTERNAL = Set.of("JdkTransport.open", "JdbcSink.append");

  private final ToolCall call = new ToolCall(0, "c", "weather", "{}");
  private final ChatRequest request = ChatRequest.to("m").user("Hi").build();
  private final Upstream upstream = Upstream.of("openai-chat", "http://127.0.0.1:1", null);

  @Test
  void everyPublicMethodNamesTheParameterThatIsNull() throws Exception {
    var wrong = new ArrayList<String>();
    int tried = 0;
    for (Class<?> type : reached()) {
      for (Executable executable : executables(type)) {
        for (int i = 0; i < executable.getParameterCount(); i++) {
          Parameter parameter = executable.getParameters()[i];
          if (parameter.getType().isPrimitive() || isNullable(parameter)) {
            continue;
          }
          tried++;
          String found = withNull(type, executable, i);
          if (!found.isEmpty()) {
            wrong.add(name(executable) + " " + parameter.getName() + ": " + found);
          }
        }
      }
    }
    assertThat(wrong).isEmpty();
    // So that an empty walk is no success.
    assertThat(tried).isGreaterThan(120);
  }

  /** The types above and the records within them. */
  private static List<Class<?>> reached() {
    var reached = new ArrayList<Class<?>>();
    var open = new ArrayDeque<>(ROOTS);
    var seen = new HashSet<Class<?>>();
    while (!open.isEmpty()) {
      Class<?> type = open.remove();
      if (seen.add(type) && Modifier.isPublic(type.getModifiers())) {
        reached.add(type);
        open.addAll(List.of(type.getDeclaredClasses()));
      }
    }
    return reached;
  }

  private static List<Executable> executables(Class<?> type) {
    var executables = new ArrayList<Executable>();
    if (type.isEnum()) {
      return executables; // Their methods are the compiler's.
    }
    if (!type.isInterface()) {
      executables.addAll(List.of(type.getConstructors()));
    }
    for (Method method : type.getDeclaredMethods()) {
      boolean own =
          !method.isSynthetic() && !method.isBridge() && !method.getName().equals("equals");
      if (own && Modifier.isPublic(method.getModifiers()) && !INTERNAL.contains(name(method))) {
        executables.add(method);
      }
    }
    return executables;
  }

  private static String name(Executable executable) {
    String type = executable.getDeclaringClass().getSimpleName();
    return executable instanceof Constructor ? "new " + type : type + "." + executable.getName();
  }

  /** A parameter's own annotation; in an array that of the elements does not count. */
  private static boolean isNullable(Parameter parameter) {
    AnnotatedElement type = parameter.getAnnotatedType();
    return type.isAnnotationPresent(Nullable.class);
  }

  /** {@return what is wrong, or nothing} */
  private String withNull(Class<?> type, Executable executable, int at) throws Exception {
    var arguments = new @Nullable Object[executable.getParameterCount()];
    for (int i = 0; i < arguments.length; i++) {
      arguments[i] = i == at ? null : sample(type, executable.getParameters()[i]);
    }
    String parameter = executable.getParameters()[at].getName();
    try {
      if (executable instanceof Constructor<?> constructor) {
        Object unused = constructor.newInstance(arguments);
      } else {
        Method method = (Method) executable;
        Object on = Modifier.isStatic(method.getModifiers()) ? null : sample(type, type, "");
        Object unused = method.invoke(on, arguments);
      }
      return "accepted";
    } catch (InvocationTargetException e) {
      Throwable thrown = Objects.requireNonNull(e.getCause());
      String message = String.valueOf(thrown.getMessage());
      boolean refused =
          thrown instanceof NullPointerException || thrown instanceof IllegalArgumentException;
      boolean named = message.equals(parameter) || message.startsWith(parameter + ": ");
      return refused && named ? "" : thrown.toString();
    }
  }

  private Object sample(Class<?> on, Parameter parameter) throws Exception {
    return sample(on, parameter.getType(), parameter.getName());
  }

  /** {@return a valid value of a type, for a parameter of this name} */
  private Object sample(Class<?> on, Class<?> type, String name) throws Exception {
    if (type == String.class) {
      return switch (name) {
        case "dialectId", "id" -> "openai-chat";
        case "baseUrl", "url" -> "http://127.0.0.1:1";
        case "mediaType" -> "image/png";
        case "level" -> "low";
        case "json", "rawJson", "parametersJson", "schemaJson" -> "{}";
        case "table" -> on == JdbcSink.class ? "t" : "";
        default -> "x";
      };
    }
    if (type == int.class) {
      return 24;
    }
    if (type == long.class) {
      return 1L;
    }
    if (type == double.class) {
      return 1.0;
    }
    if (type == boolean.class) {
      return true;
    }
    if (type.isArray()) {
      return Array.newInstance(type.getComponentType(), 0);
    }
    if (type.isEnum()) {
      return type.getEnumConstants()[0];
    }
    Object known = known(type);
    if (known != null) {
      return known;
    }
    assertThat(type.isInterface() && !type.isSealed()).as("no sample of " + type).isTrue();
    return Proxy.newProxyInstance(
        type.getClassLoader(),
        new Class<?>[] {type},
        (proxy, method, arguments) -> method.getReturnType() == boolean.class ? false : null);
  }

  private @Nullable Object known(Class<?> type) throws Exception {
    Object[] samples = {
      request,
      ChatRequest.to("m").user("Hi"),
      upstream,
      call,
      Holdfast.builder().upstream(upstream),
      RequestOptions.DEFAULT,
      Secret.of("k"),
      Message.user(Part.text("Hi")),
      new Part.Text("Hi"),
      new Part.Result(call, "7", false),
      new Tool("weather", "", "{}"),
      new Media.Inline("image/png", ""),
      new Reasoning.Effort("low"),
      new ResponseFormat.JsonObject(),
      new ToolChoice.Auto(),
      StreamPolicy.DEFAULT,
      Timeouts.DEFAULT,
      RetryPolicy.DEFAULT,
      RecoveryPolicy.DEFAULT,
      FailoverPolicy.DEFAULT,
      StartupPolicy.DEFAULT,
      BreakerPolicy.DEFAULT,
      FrameLimits.DEFAULT,
      Profiles.DEFAULT,
      JournalPolicy.DEFAULT,
      CompletionPolicy.STRICT,
      Dialects.byId("openai-chat"),
      new Capability(List.of(), Prefill.PLAIN, "", TokenCount.ESTIMATED),
      Duration.ofSeconds(1),
      Map.of(),
      List.of(Part.text("Hi")),
      Set.of(),
      InputStream.nullInputStream(),
      Path.of("x"),
      SSLContext.getDefault(),
      ProxySelector.getDefault(),
      JdkTransport.builder(),
    };
    for (Object sample : samples) {
      if (type.isInstance(sample)) {
        return sample;
      }
    }
    if (type == Holdfast.class) {
      return Holdfast.builder().upstream(upstream).build();
    }
    if (type == JdkTransport.class) {
      return new JdkTransport();
    }
    if (type == MemorySink.class) {
      return new MemorySink(10);
    }
    if (type == SpillingSink.class) {
      return new SpillingSink(10, null);
    }
    return null;
  }
}
