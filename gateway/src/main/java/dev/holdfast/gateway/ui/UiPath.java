package dev.holdfast.gateway.ui;

import dev.holdfast.core.stream.Check;
import dev.holdfast.gateway.config.UiConfig;
import dev.holdfast.gateway.route.RequestPath;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The paths of the endpoint, as the SDK's default transport makes them. */
public final class UiPath {
  private static final String STREAM = "/stream";
  private static final int MOST_ID = 256;

  private UiPath() {}

  /** {@return whether a path is the endpoint's} */
  public static boolean serves(UiConfig config, RequestPath path) {
    return isChat(config, path) || chat(config, path) != null;
  }

  /** {@return whether chats are posted there} */
  public static boolean isChat(UiConfig config, RequestPath path) {
    return path.path().equals(config.path());
  }

  /** {@return the id of the chat whose stream a path names, decoded; null if it names none} */
  public static @Nullable String chat(UiConfig config, RequestPath path) {
    String text = path.path();
    int from = config.path().length() + 1;
    int to = text.length() - STREAM.length();
    if (!text.startsWith(config.path() + "/") || !text.endsWith(STREAM) || to <= from) {
      return null;
    }
    String segment = text.substring(from, to);
    return segment.contains("/")
        ? null
        : URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  /**
   * {@return the id of a chat}
   *
   * @throws IllegalArgumentException "id: rule, was value" if it is too short or too long
   */
  static String checked(String chat) {
    Check.that(
        !chat.isEmpty() && chat.length() <= MOST_ID,
        "id",
        "must have 1 to " + MOST_ID + " characters",
        chat.length());
    return chat;
  }
}
