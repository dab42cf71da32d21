package dev.holdfast.cli.demo;

import dev.holdfast.cli.terminal.BadInputException;
import dev.holdfast.cli.terminal.BoundedInput;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.core.guard.SafeUrl;
import dev.holdfast.core.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A user's own server, as the command line names it.
 *
 * @param protocol the dialect's id
 * @param url its address, without the path of a request
 * @param key its key; null where none is needed
 * @param local whether it is on this machine
 * @param model the model to ask
 */
record EngineTarget(String protocol, URI url, @Nullable String key, boolean local, String model) {
  private static final int WAIT_MILLIS = 10_000;
  private static final int MAX_LIST = 4 << 20;

  /** {@return the server that the options name, not asked yet} */
  static EngineTarget of(
      Terminal terminal,
      String protocol,
      String address,
      @Nullable String keyVariable,
      boolean allowRemote) {
    URI url = parse(address);
    boolean local = isLocal(url);
    if (!local && !allowRemote) {
      throw BadInputException.of(
          "--engine",
          "must be on this machine, or be given with --allow-remote",
          SafeUrl.target(address));
    }
    String key = keyVariable == null ? "" : terminal.environment(keyVariable).strip();
    if (keyVariable != null && key.isEmpty()) {
      throw BadInputException.of("--key-env", "must name a variable that is set", keyVariable);
    }
    return new EngineTarget(protocol, url, key.isEmpty() ? null : key, local, "");
  }

  private static URI parse(String address) {
    URI url;
    try {
      url = URI.create(address.strip());
    } catch (IllegalArgumentException e) {
      throw BadInputException.of(
          "--engine", "must be an http or https address", SafeUrl.target(address));
    }
    boolean web = String.valueOf(url.getScheme()).matches("(?i)https?");
    if (!web
        || url.getHost() == null
        || url.getRawUserInfo() != null
        || url.getRawQuery() != null) {
      throw BadInputException.of(
          "--engine",
          "must be an http or https address with a host, and no password or query",
          SafeUrl.target(address));
    }
    for (String path : List.of("/chat/completions", "/messages", "/responses", "/api/chat")) {
      if (String.valueOf(url.getPath()).replaceAll("/+$", "").endsWith(path)) {
        throw BadInputException.of("--engine", "must end before " + path, SafeUrl.target(address));
      }
    }
    return url;
  }

  private static boolean isLocal(URI url) {
    try {
      return InetAddress.getByName(url.getHost()).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  /**
   * {@return this server with a model} Asks the server for its models, which shows that it is one.
   *
   * @param named the model; null for the first that the server lists
   */
  EngineTarget withModel(@Nullable String named) {
    if (named != null && named.isBlank()) {
      throw BadInputException.of("--model", "must not be blank", "'" + named.strip() + "'");
    }
    var reply = models();
    if (reply.status() == 401 || reply.status() == 403) {
      throw BadInputException.of(
          "--engine", "wants a key, which --key-env NAME can give it", "HTTP " + reply.status());
    }
    if (reply.status() == 503) {
      throw BadInputException.of(
          "--engine", "must have loaded its model", "HTTP 503 from " + shown());
    }
    if (named != null) {
      return new EngineTarget(protocol, url, key, local, named); // Not every server has a list.
    }
    var list = reply.list();
    if (reply.status() != 200 || list == null) {
      throw BadInputException.of(
          "--engine",
          "must be a model server with a list of models at "
              + modelsPath()
              + ", or be given with"
              + " --model",
          (reply.status() == 200 ? "something else" : "HTTP " + reply.status())
              + " from "
              + shown());
    }
    String first =
        list.stream().map(EngineTarget::name).filter(n -> !n.isEmpty()).findFirst().orElse("");
    if (first.isEmpty()) {
      throw BadInputException.of(
          "--engine", "must have a model, or be given with --model", "without any");
    }
    return new EngineTarget(protocol, url, key, local, first);
  }

  /** {@return the address as it may be shown} */
  String shown() {
    return SafeUrl.of(url.toString());
  }

  private static String name(Json entry) {
    if (!(entry instanceof Json.Obj model)) {
      return "";
    }
    // Gemini's names begin with a folder.
    String id = model.has("id") ? model.text("id") : model.text("name");
    return id.startsWith("models/") ? id.substring("models/".length()) : id;
  }

  /**
   * What a server answers when it is asked for its models.
   *
   * @param status of HTTP
   * @param list the models; null if the body is no list of models
   */
  private record Reply(int status, @Nullable List<Json> list) {}

  private String modelsPath() {
    String path = url.getRawPath() == null ? "" : url.getRawPath().replaceAll("/+$", "");
    boolean versioned = path.matches(".*/v\\d+\\w*(/.*)?");
    String version = protocol.startsWith("gemini") ? "/v1beta" : "/v1";
    return protocol.equals("ollama-chat")
        ? path.replaceAll("/api$", "") + "/api/tags"
        : path + (versioned ? "" : version) + "/models";
  }

  private Reply models() {
    try {
      var asked = url.resolve(modelsPath()).toURL();
      var connection = (HttpURLConnection) asked.openConnection();
      connection.setConnectTimeout(WAIT_MILLIS);
      connection.setReadTimeout(WAIT_MILLIS);
      connection.setRequestProperty("Accept", "application/json");
      if (key != null) {
        connection.setRequestProperty("Authorization", "Bearer " + key);
        connection.setRequestProperty("x-api-key", key);
        connection.setRequestProperty("x-goog-api-key", key);
      }
      int status = connection.getResponseCode();
      try (InputStream in =
          status == 200 ? connection.getInputStream() : InputStream.nullInputStream()) {
        return new Reply(status, list(in.readNBytes(MAX_LIST)));
      } finally {
        connection.disconnect();
      }
    } catch (ConnectException e) {
      throw BadInputException.of(
          "--engine",
          "must be the address of a server that runs",
          shown() + ", where nothing listens");
    } catch (UnknownHostException e) {
      throw BadInputException.of("--engine", "must have a host that is known", shown());
    } catch (IOException e) {
      throw BadInputException.of(
          "--engine",
          "must be the address of an HTTP server",
          shown() + " (" + BoundedInput.reason(e) + ")");
    }
  }

  private static @Nullable List<Json> list(byte[] body) {
    try {
      if (Json.parse(new String(body, StandardCharsets.UTF_8)) instanceof Json.Obj answer) {
        var list = answer.array("data") == null ? answer.array("models") : answer.array("data");
        return list == null ? null : list.items();
      }
    } catch (Json.MalformedException e) {
      // A page of some other server.
    }
    return null;
  }

  @Override
  public String toString() {
    return "EngineTarget[protocol=%s, url=%s]"
        .formatted(protocol.toLowerCase(Locale.ROOT), shown());
  }
}
