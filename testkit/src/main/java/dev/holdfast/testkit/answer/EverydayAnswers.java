package dev.holdfast.testkit.answer;

import dev.holdfast.testkit.fault.Script;
import java.util.List;
import java.util.function.Function;

/** Ordinary English answers of 80 to 130 words about streaming, without tool calls or reasoning. */
public final class EverydayAnswers {
  private static final List<String> TEXTS =
      List.of(
          """
          Server-sent events are a simple way to stream text over HTTP. The server keeps the \
          response open and writes small events, each of them a few lines that begin with `data:` \
          and end with a blank line. A client reads them as they arrive and shows every piece at \
          once, so the first words appear long before the answer is finished.

          Two details cause most of the trouble. A chunk of the network is not an event: one read \
          may hold half an event or three of them. And the end of the body proves nothing, because \
          a proxy that gives up ends it in the same way. Look for the finish reason that your \
          provider sends.\
          """,
          """
          A stream that stops after exactly sixty seconds has usually met a proxy. Most reverse \
          proxies close a connection on which no byte has passed for a minute, and a model that \
          thinks before it answers is silent for that long.

          There are three cures, and they work well together:

          1. Raise the read timeout of the proxy for the streaming path.
          2. Let the server send a comment line every fifteen seconds as a sign of life.
          3. Switch response buffering off, so that these comments really leave the proxy.

          Measure again after each change. If the streams now end after a hundred seconds, the \
          next proxy on the path has a limit of its own.\
          """,
          """
          Retrying a request is safe as long as nothing has been shown to the user. Once text has \
          been delivered, a plain retry repeats it, and the reader sees the same paragraph twice. \
          The better way is to continue: send the text so far, ask the model to go on from there, \
          and let it repeat the last few words. Those words are the evidence that both halves \
          belong together.

          If the repeated words differ, the two halves do not fit, and the honest result is an \
          error that names the reason. A shorter answer with a clear message is more useful than a \
          longer one with a hidden seam.\
          """,
          """
          Backpressure means that a slow reader slows the writer down instead of filling memory. \
          In a chain of streams every link needs it: the socket has a window, the HTTP library has \
          a buffer, and your own code often has a queue. The weakest link decides, since an \
          unbounded queue hides the problem until the process runs out of memory.

          With a pull-based reader there is little to do. The program asks for the next event when \
          it can use it, and the operating system tells the sender to wait. With callbacks you \
          should limit the queue and decide what happens when it is full. Measure with a reader \
          that sleeps for a second between two events.\
          """,
          """
          A token is the unit in which a language model reads and writes. In English it is about \
          four characters, so a hundred words are roughly a hundred and thirty tokens. Streaming \
          APIs send a few tokens in each event, which is why words appear in small groups.

          For users two figures matter more than the total time. The time to the first token says \
          how long they look at an empty screen, and the rate after it says whether they can read \
          along. People read some five words a second, so that thirty tokens a second feel \
          comfortable. Record both for every stream, together with the longest silence in it.\
          """);

  private EverydayAnswers() {}

  /** {@return the answers, in the order in which {@link #byPrompt} numbers them} */
  public static List<String> texts() {
    return TEXTS;
  }

  /** {@return an answer for each prompt: the same one for the same prompt and seed} */
  public static Function<String, Answer> byPrompt(long seed) {
    return prompt ->
        Answer.ofText(TEXTS.get(Math.floorMod(Script.mix(seed, prompt, 0) >>> 32, TEXTS.size())));
  }
}
