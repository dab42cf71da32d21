package dev.holdfast.core.request;

import dev.holdfast.core.stream.Check;
import dev.holdfast.core.stream.ToolCall;
import java.util.Objects;

/** A part of a message. */
public sealed interface Part {
  /**
   * Text.
   *
   * @param text may be empty
   */
  record Text(String text) implements Part {
    /** Refuses null. */
    public Text {
      Objects.requireNonNull(text, "text");
    }

    /** {@return the length; the text stays out of logs} */
    @Override
    public String toString() {
      return "Text[%d characters]".formatted(text.length());
    }
  }

  /**
   * An image.
   *
   * @param media where it is
   * @param detail how closely the model looks at it, in the provider's words; empty for its default
   */
  record Image(Media media, String detail) implements Part {
    /** Refuses null. */
    public Image {
      Objects.requireNonNull(media, "media");
      Objects.requireNonNull(detail, "detail");
    }
  }

  /**
   * A file, for example a PDF.
   *
   * @param media where it is
   * @param name its name; empty if it has none
   */
  record File(Media media, String name) implements Part {
    /** Refuses null. */
    public File {
      Objects.requireNonNull(media, "media");
      Objects.requireNonNull(name, "name");
    }
  }

  /**
   * What the assistant thought before its answer. Some clones of OpenAI Chat want it back beside
   * the tool calls that followed from it; protocols that sign reasoning have it in {@link
   * ToolCall#signature} and leave this out.
   *
   * @param text as an outcome has it
   */
  record Reasoning(String text) implements Part {
    /** Refuses null. */
    public Reasoning {
      Objects.requireNonNull(text, "text");
    }

    /** {@return the length; the text stays out of logs} */
    @Override
    public String toString() {
      return "Reasoning[%d characters]".formatted(text.length());
    }
  }

  /**
   * A tool call that the assistant made.
   *
   * @param call as an outcome has it
   */
  record Call(ToolCall call) implements Part {
    /** Refuses null. */
    public Call {
      Objects.requireNonNull(call, "call");
    }

    /** {@return the name of the tool; the arguments stay out of logs} */
    @Override
    public String toString() {
      return "Call[name=%s, arguments=%d characters]"
          .formatted(call.name(), call.arguments().length());
    }
  }

  /**
   * What a tool returned.
   *
   * @param call the call that it answers
   * @param content the result
   * @param error whether the tool failed
   */
  record Result(ToolCall call, String content, boolean error) implements Part {
    /** Refuses null. */
    public Result {
      Objects.requireNonNull(call, "call");
      Objects.requireNonNull(content, "content");
    }

    /** {@return the call and the length; the result stays out of logs} */
    @Override
    public String toString() {
      return "Result[call=%s, content=%d characters, error=%s]"
          .formatted(call.id(), content.length(), error);
    }
  }

  /** {@return text} */
  static Part text(String text) {
    return new Text(text);
  }

  /** {@return an image at an address that the provider fetches} */
  static Part image(String url) {
    return new Image(Media.url(url), "");
  }

  /**
   * {@return an image within the request}
   *
   * @param mediaType for example {@code image/png}
   */
  static Part image(String mediaType, byte[] bytes) {
    Objects.requireNonNull(mediaType, "mediaType");
    Objects.requireNonNull(bytes, "bytes");
    return new Image(Media.bytes(mediaType, bytes), "");
  }

  /** {@return a file at an address that the provider fetches} */
  static Part file(String url) {
    return new File(Media.url(url), "");
  }

  /**
   * {@return a file within the request}
   *
   * @param name not blank
   * @param mediaType for example {@code application/pdf}
   */
  static Part file(String name, String mediaType, byte[] bytes) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(bytes, "bytes");
    Check.that(!name.isBlank(), "name", "must not be blank", "'" + name + "'");
    return new File(Media.bytes(mediaType, bytes), name);
  }
}
