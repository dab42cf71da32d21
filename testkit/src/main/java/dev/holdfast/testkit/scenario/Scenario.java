package dev.holdfast.testkit.scenario;

import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.answer.AnswerGenerator;
import dev.holdfast.testkit.answer.EverydayAnswers;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Position;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.model.Continuation;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * What a fault server does: the model's answer, how it continues, and what goes wrong.
 *
 * @param answer the answer of every stream
 * @param continuation what the model does when asked to continue
 * @param seed of everything drawn
 * @param script which faults strike which attempt
 * @param rules what some requests get instead; the first rule that fits counts
 */
public record Scenario(
    Answer answer, Continuation continuation, long seed, Script script, List<ScenarioRule> rules) {
  /** The longest scenario file that is read. */
  private static final int MAX_BYTES = 8 << 20;

  private static final String STORY =
      """
      A lighthouse keeper does not stop the storm; she makes sure that the light is still there \
      when it has passed. Streams of words are like ships in that respect. They set out whole, \
      and somewhere between the harbour and you a cable is pulled, a proxy loses patience, or a \
      machine is switched off in the middle of a sentence.

      Most readers never notice, because a cut looks just like an ending. The careful reader asks \
      for proof: did the sender say that this was all? If not, she keeps what she has, asks for \
      the rest, checks that both ends fit together to the letter, and only then reads on. \
      That is the whole art: **nothing lost, nothing twice, and no seam where there should be \
      none** \u2013 even if the wind blows from the wrong side.\
      """;

  /** Copies the list. */
  public Scenario {
    rules = List.copyOf(rules);
  }

  /** The same for all requests. */
  public Scenario(Answer answer, Continuation continuation, long seed, Script script) {
    this(answer, continuation, seed, script, List.of());
  }

  /** {@return a builder of a scenario in which nothing goes wrong by default} */
  public static ScenarioBuilder builder() {
    return new ScenarioBuilder();
  }

  /** {@return nothing goes wrong} */
  public static Scenario healthy(Answer answer) {
    return new Scenario(answer, new Continuation.Exact(), 0, Script.healthy());
  }

  /**
   * {@return an ordinary English answer, a model that continues as it is asked to, and a fault in
   * one request of ten}
   *
   * @param seed of the answer and the faults
   */
  public static Scenario everyday(long seed) {
    Answer answer = EverydayAnswers.byPrompt(seed).apply("");
    int tokens = EverydayAnswers.texts().stream().mapToInt(Scenario::parts).min().orElseThrow();
    return new Scenario(answer, new Continuation.Exact(), seed, Script.everyday(seed, tokens));
  }

  private static int parts(String text) {
    return Answer.ofText(text).parts().size();
  }

  /** {@return an answer, a behaviour and faults drawn from a seed, some of which do not heal} */
  public static Scenario random(long seed) {
    var random = new SplittableRandom(seed);
    Answer answer = AnswerGenerator.answer(random.nextLong());
    List<Continuation> behaviours = Continuation.examples();
    Continuation behaviour = behaviours.get(random.nextInt(behaviours.size()));
    Script script = Script.random(random.nextLong(), Math.max(1, answer.parts().size()), 3);
    return new Scenario(answer, behaviour, seed, script);
  }

  /**
   * {@return an answer of about 140 words of which the fourth attempt comes to its end} The first
   * three are cut by FIN, damaged, and cut by RST, at places drawn from the seed.
   *
   * @param seed of the places
   * @param pace time between events
   */
  public static Scenario demo(long seed, Duration pace) {
    var random = new SplittableRandom(seed);
    Script script =
        Script.ofAttempts(
            List.of(
                List.of(new Fault.CutFin(Position.token(30 + random.nextInt(15)))),
                List.of(new Fault.MalformedJson(Position.token(25 + random.nextInt(15)))),
                List.of(new Fault.CutRst(Position.token(25 + random.nextInt(15))))));
    return new Scenario(Answer.ofText(STORY), new Continuation.Exact(), seed, script.paced(pace));
  }

  /**
   * {@return the scenario of a YAML file, or of a JSON file if its name ends in {@code .json}}
   *
   * <p>The format's JSON Schema is beside this class: {@code scenario.schema.json}.
   *
   * @throws IllegalArgumentException naming file, line, key, rule and value
   */
  public static Scenario load(Path file) {
    return load(file, null);
  }

  /**
   * {@return the scenario of a file, with another seed than the file's}
   *
   * @throws IllegalArgumentException as {@link #load(Path)} does
   */
  public static Scenario load(Path file, long seed) {
    return load(file, Long.valueOf(seed));
  }

  private static Scenario load(Path file, @Nullable Long seed) {
    String text;
    try {
      text = read(file);
    } catch (NoSuchFileException e) {
      throw new IllegalArgumentException("scenario: must be an existing file, was " + file, e);
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("scenario: must be UTF-8, was " + file, e);
    } catch (IOException e) {
      throw new IllegalArgumentException("scenario: must be a readable file, was " + file, e);
    }
    return new ScenarioReader(file.toString(), seed).read(text);
  }

  /** A device or a pipe may have no end. */
  private static String read(Path file) throws IOException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    }
    if (bytes.length > MAX_BYTES) {
      throw new IllegalArgumentException(
          "scenario: must be at most %d MiB, was %s, which is longer"
              .formatted(MAX_BYTES >> 20, file));
    }
    return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
  }
}
