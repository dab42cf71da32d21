package dev.holdfast.core.guard;

import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.ProviderError;
import dev.holdfast.core.stream.StreamEvent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.BitSet;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Removes secrets from what is shown, thrown, logged or saved. These are the caller's own keys,
 * verbatim or encoded as servers echo them, and any text with the shape of a key. The one mechanism
 * for every output (decision 0014). Immutable; thread-safe.
 *
 * <p>Own keys are found in any case of letters, percent-encoded, with the escapes of JSON or HTML,
 * in Base64 and in hexadecimal. Keys of fewer than {@value #SHORTEST} characters are not looked
 * for, since they would hit ordinary words.
 */
public final class Redactor {
  /** Replaces removed parts of texts. */
  public static final String REMOVED = "(removed)";

  /** Shortest secret that is looked for, in characters. */
  public static final int SHORTEST = 8;

  /** Knows no key, only shapes. */
  public static final Redactor SHAPES = new Redactor(new Secrets(List.of(), List.of()), List.of());

  /** Shortest beginning of a secret that is removed at the end of a text, which may be cut. */
  private static final int CUT_TEXT = 6;

  /** The same at the end of bytes, to which more are added later. */
  private static final int CUT_BYTES = 4;

  /** An escape that is cut off at the end of a text. */
  private static final Pattern CUT_ESCAPE =
      Pattern.compile("(?:\\\\+(?:u[0-9a-f]{0,3}|x[0-9a-f]?)?|%[0-9a-f]?|&#?[0-9a-z]{0,6})$");

  private static final int MAX_ESCAPE = 16;
  private static final int MAX_LAYERS = 3;
  private static final int MIN_REACH = 512;

  private final Secrets secrets;
  private final List<Supplier<String>> texts;

  private Redactor(Secrets secrets, List<Supplier<String>> texts) {
    this.secrets = secrets;
    this.texts = texts;
  }

  /** The secrets of one request, which its redactors share. Thread-safe. */
  private static final class Secrets {
    /** As the callers gave them, for {@link #isOf}. */
    private final List<String> given;

    private final List<String> verbatim;

    /** Null until a text is looked through. Immutable once made. */
    private @Nullable SecretForms forms;

    Secrets(List<String> given, List<String> verbatim) {
      this.given = given;
      this.verbatim = verbatim;
    }

    SecretForms forms() {
      var made = forms;
      if (made == null) {
        made = new SecretForms(verbatim);
        forms = made;
      }
      return made;
    }
  }

  /** {@return a redactor that knows these secrets besides the shapes} */
  public static Redactor of(Collection<String> secrets) {
    return SHAPES.with(secrets);
  }

  /**
   * {@return a redactor that knows further secrets} Of {@code Bearer x}, {@code Basic x} and {@code
   * name=x} the value is one of its own, and so are user and password inside Base64.
   */
  public Redactor with(Collection<String> more) {
    var all = new LinkedHashSet<>(secrets.verbatim);
    for (String secret : more) {
      String whole = secret.strip();
      String bare = whole.substring(whole.lastIndexOf(' ') + 1);
      all.add(whole);
      all.add(bare);
      for (String pair : whole.split(";", -1)) {
        // The value of a cookie.
        all.add(pair.substring(pair.indexOf('=') + 1).strip());
      }
      if (whole.toLowerCase(Locale.ROOT).startsWith("basic ")) {
        String user = decoded(bare);
        all.add(user);
        all.add(user.substring(user.indexOf(':') + 1));
      }
    }
    var known = new ArrayList<String>(all.size());
    for (String secret : all) {
      if (secret.length() >= SHORTEST) {
        known.add(secret);
      }
    }
    var given = new ArrayList<>(secrets.given);
    given.addAll(more);
    return new Redactor(new Secrets(List.copyOf(given), List.copyOf(known)), texts);
  }

  /**
   * {@return whether it was made by {@link #of} of these secrets, in this order} One such redactor
   * may serve every stream with the same secrets.
   */
  public boolean isOf(List<String> secrets) {
    return texts.isEmpty() && this.secrets.given.equals(secrets);
  }

  /**
   * {@return a redactor that also knows texts of a request, which {@link #quoted} leaves out}
   *
   * @param more for example the messages of a conversation
   */
  public Redactor withTexts(Collection<String> more) {
    return withSources(
        more.stream()
            .filter(text -> !text.isEmpty())
            .map(text -> (Supplier<String>) () -> text)
            .toList());
  }

  /**
   * {@return a redactor that also knows texts of a request} They are asked for only when a message
   * is shown. Where one is empty, because it is not kept any more, nothing can be left out, and no
   * part of the message is shown.
   */
  public Redactor withSources(Collection<? extends Supplier<String>> more) {
    var all = new ArrayList<>(texts);
    all.addAll(more);
    return new Redactor(secrets, all);
  }

  private static String decoded(String base64) {
    try {
      return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  /** {@return how many bytes a secret may take in any of its forms; at least 512} */
  public int reach() {
    // A character takes six bytes as an escape of JSON.
    return Math.max(MIN_REACH, 6 * secrets.forms().longest());
  }

  /** {@return a message, header or name without secrets} */
  public String text(String text) {
    return isFree(text, true) ? text : replaced(text, marks(text, true, CUT_TEXT));
  }

  /** {@return a part of an answer without keys; what only a sentence makes secret stays} */
  public String content(String text) {
    return isFree(text, false) ? text : replaced(text, marks(text, false, CUT_TEXT));
  }

  /** {@return true only if nothing is removed} Most texts are, which a look at them shows. */
  boolean isFree(String text, boolean sentence) {
    return !DecodedView.mayDecode(text)
        && !KeyShapes.mayHave(text, sentence)
        && !secrets.forms().mayBeIn(text);
  }

  /** {@return a message without secrets and without what it repeats of the request's texts} */
  public String quoted(String text) {
    if (text.isEmpty()) {
      return text;
    }
    var known = texts.stream().map(Supplier::get).toList();
    if (known.stream().anyMatch(String::isEmpty)) {
      return REMOVED;
    }
    BitSet marks = marks(text, true, CUT_TEXT);
    Echoes.mark(text, known, marks);
    return replaced(text, marks);
  }

  /** {@return the value of a header as it may be shown} */
  public String header(String name, String value) {
    return SecretNames.isCredential(name) ? REMOVED : text(value);
  }

  /**
   * {@return an event whose words are free of secrets} The answer itself stays as it is: text,
   * reasoning, refusals and tool calls.
   */
  public StreamEvent event(StreamEvent event) {
    return switch (event) {
      case StreamEvent.Started(String id, String model) ->
          new StreamEvent.Started(text(id), text(model));
      case StreamEvent.Finished(int choice, Finish finish) ->
          new StreamEvent.Finished(choice, new Finish(finish.reason(), text(finish.raw())));
      case StreamEvent.Heartbeat(String kind) ->
          isWord(kind) ? event : new StreamEvent.Heartbeat(text(kind));
      case StreamEvent.Opaque(String kind) ->
          isWord(kind) ? event : new StreamEvent.Opaque(text(kind));
      case StreamEvent.ErrorReported(Failure failure) ->
          new StreamEvent.ErrorReported(failure(failure));
      case StreamEvent.FrameRejected(Failure failure) ->
          new StreamEvent.FrameRejected(failure(failure));
      case StreamEvent.AttemptFailed(int attempt, Failure failure) ->
          new StreamEvent.AttemptFailed(attempt, failure(failure));
      case StreamEvent.Warned(var cause, String detail) ->
          new StreamEvent.Warned(cause, text(detail));
      case StreamEvent.TextDelta answer -> answer;
      case StreamEvent.ReasoningDelta answer -> answer;
      case StreamEvent.RefusalDelta answer -> answer;
      case StreamEvent.ToolCallDelta answer -> answer;
      case StreamEvent.ToolCallMarked mark -> mark;
      case StreamEvent.ToolCallSigned signed -> signed;
      case StreamEvent.ToolCallReady answer -> answer;
      case StreamEvent.Usage numbers -> numbers;
      case StreamEvent.DoneMarker marker -> marker;
      case StreamEvent.Retrying ours -> ours;
      case StreamEvent.SeamMarked ours -> ours;
    };
  }

  /** {@return whether a text is too plain to be a key} Kinds of events are, and there are many. */
  private boolean isWord(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if ((c < 'a' || c > 'z') && c != '.' && c != '_') {
        return false;
      }
    }
    return !text.startsWith("sk_")
        && (!secrets.forms().mayBeIn(text)
            || secrets.forms().all().stream().noneMatch(text::contains));
  }

  /**
   * {@return a failure whose words are free of secrets, and whose detail and sentence repeat
   * nothing of the request} The raw error does.
   */
  public Failure failure(Failure failure) {
    ProviderError error = failure.provider().orElse(null);
    String detail = text(failure.detail());
    if (error != null) {
      // Our sentence quotes the name of the error, which may be no name but a quotation.
      for (String name : List.of(error.type(), error.code())) {
        boolean quotes = name.length() >= SHORTEST && detail.contains(name);
        detail = quotes && !quoted(name).equals(name) ? detail.replace(name, REMOVED) : detail;
      }
    }
    if (error == null) {
      return detail.equals(failure.detail()) ? failure : failure.toBuilder().detail(detail).build();
    }
    return failure.toBuilder()
        .detail(detail)
        .provider(
            new ProviderError(
                text(error.type()), text(error.code()), quoted(error.message()), text(error.raw())))
        .build();
  }

  /**
   * Replaces the keys in bytes by as many asterisks, so that lengths stay true. Chunk boundaries of
   * HTTP within a key stay.
   *
   * @return the positions that were replaced
   */
  public BitSet mask(byte[] bytes) {
    BitSet marks = marks(new String(bytes, StandardCharsets.ISO_8859_1), false, CUT_BYTES);
    for (int i = marks.nextSetBit(0); i >= 0; i = marks.nextSetBit(i + 1)) {
      bytes[i] = '*';
    }
    return marks;
  }

  /** {@return which characters are removed, by the whole search} */
  BitSet marks(String text, boolean sentence, int cut) {
    var marks = new BitSet();
    DecodedView view = DecodedView.of(text);
    for (int layer = 0; view != null && layer <= MAX_LAYERS; layer++) {
      mark(view, sentence, cut, marks);
      view = view.decoded();
    }
    return marks;
  }

  private void mark(DecodedView view, boolean sentence, int cut, BitSet marks) {
    String text = view.text();
    KeyShapes.find(text, sentence, (from, to) -> mark(view, from, to, marks));
    var forms = secrets.forms().all();
    if (forms.isEmpty()) {
      return;
    }
    String lower = lower(text);
    // Only the last characters can be a cut escape.
    String end = lower.substring(Math.max(0, lower.length() - MAX_ESCAPE));
    boolean escapes = end.indexOf('\\') >= 0 || end.indexOf('%') >= 0 || end.indexOf('&') >= 0;
    int cutOff = escapes ? end.length() - CUT_ESCAPE.matcher(end).replaceFirst("").length() : 0;
    String whole = lower.substring(0, lower.length() - cutOff);
    for (String form : forms) {
      for (int at = lower.indexOf(form); at >= 0; at = lower.indexOf(form, at + 1)) {
        mark(view, at, at + form.length(), marks);
      }
      int begun = beginning(whole, form, cut);
      if (begun > 0) {
        mark(view, whole.length() - begun, lower.length(), marks);
      }
    }
  }

  private static String lower(String text) {
    var lower = new StringBuilder(text);
    for (int i = 0; i < lower.length(); i++) {
      lower.setCharAt(i, SecretForms.lower(lower.charAt(i)));
    }
    return lower.toString();
  }

  /** {@return how many characters at the end of a text are the beginning of a secret} */
  private static int beginning(String text, String form, int shortest) {
    for (int length = Math.min(form.length() - 1, text.length()); length >= shortest; length--) {
      if (text.regionMatches(text.length() - length, form, 0, length)) {
        return length;
      }
    }
    return 0;
  }

  private static void mark(DecodedView view, int from, int to, BitSet marks) {
    for (int i = from; i < to; i++) {
      marks.set(view.start(i), view.end(i));
    }
  }

  private static String replaced(String text, BitSet marks) {
    if (marks.isEmpty()) {
      return text;
    }
    var out = new StringBuilder();
    int at = 0;
    for (int from = marks.nextSetBit(0); from >= 0; from = marks.nextSetBit(at)) {
      out.append(text, at, from).append(REMOVED);
      at = marks.nextClearBit(from);
    }
    return out.append(text, at, text.length()).toString();
  }

  /** Shows nothing. */
  @Override
  public String toString() {
    return "Redactor[secrets=%d]".formatted(secrets.verbatim.size());
  }
}
