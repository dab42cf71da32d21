package dev.holdfast.cli.playground;

import dev.holdfast.testkit.answer.Answer;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the playground's provider answers: prepared texts of half a minute each. */
final class PreparedAnswers {
  private static final String CUTS =
      """
      Because a stream is a long conversation over a short-tempered line.

      A model needs half a minute to write a page. During that time one connection must stay open \
      through your browser, a phone network, a load balancer, a proxy or two, and the provider's \
      own machines. Each of them has a reason to hang up. A proxy closes what has been silent for \
      sixty seconds. A deployment restarts the process that holds your connection. A train enters \
      a tunnel. An overloaded server drops the work that it has just begun.

      The trouble is that all of these look the same from the far end: the text simply stops. HTTP \
      has no word for "this was only half". So many programs take the half for the whole, and a \
      reader receives a recipe without its last step, or a contract without its last clause.

      The usual cure is to ask again. That helps the program and annoys the reader. The answer \
      starts from the top, every word is paid for twice, and the second answer is not even the \
      same one.

      There is a better way, and it has three parts.

      1. Ask for proof. Every protocol has a mark for a proper end: a finish reason, a stop event, \
      a closing line. Without that mark the answer is not complete, however finished it looks.

      2. Keep what you have. The words that arrived are good words. Store them before you show \
      them, so that neither a crash nor a closed laptop can take them back.

      3. Continue with evidence. Give the model its own text and ask it to repeat the last few \
      words before it continues. If these words match, both halves belong together. If they do \
      not, be honest and report it.

      You can watch all three on this page. Press a button while you read this sentence: cut the \
      provider, kill the gateway, reload the page. The text will pause for a moment, find its \
      place, and finish. A small mark shows where the two halves meet. At the end, count the \
      characters. Nothing is missing, and nothing is there twice.\
      """;

  private static final String STORY =
      """
      The lighthouse on Gannet Rock had one rule, and it was older than its lamp: the log must be \
      whole. Each evening the keeper wrote one line. Weather, ships, oil, and anything strange.

      Ada Brennan kept the light for eleven winters. She wrote with a blunt pencil, because ink \
      freezes, and she wrote standing up, because the chair was on the wrong side of the stove. \
      Her lines were short. "Wind north, two ships, oil low." "Fog. Three horns, two ships." \
      Once, in a dry summer: "A swallow slept in the lens."

      In her twelfth winter the great storm came. It took the boat first, then the telegraph, and \
      on the third night it took the window of the log room. The wind tore the page from under her \
      hand in the middle of a word. She watched it go, a small white bird over a black sea.

      Another keeper might have begun the line again. Ada did not trust her memory with a thing \
      like that. She climbed down to the rock at low tide, with a lantern and a rope around her \
      waist, and she searched the pools one by one. At four in the morning she found the page \
      under a stone, wet through, and still readable up to the tear.

      She carried it home inside her coat. She dried it on the stove, laid a new sheet against the \
      torn edge, and looked for the last whole word. Then she copied that word onto the new sheet, \
      so that any reader could see where the one ended and the other began, and she finished the \
      sentence.

      Years later an inspector came to close the station. He turned the pages of the log, which \
      took him most of an afternoon, and at the storm he stopped. He ran his thumb along the seam.

      "You could have written a clean one," he remarked. "I would never have known."

      "No," Ada answered, "but the log would."

      He thought about this for a while. Outside, the lamp came on by itself, as it had for some \
      years now, and swept its long white arm over the water. The inspector signed his name below \
      the last line. Under remarks, where he usually wrote nothing at all, he put one word.

      Complete.\
      """;

  private static final String BREAD =
      """
      Good bread is flour, water, salt, yeast and time. Time is the ingredient that people leave \
      out.

      In the evening, put 500 grams of flour into a large bowl. Add 10 grams of salt and a quarter \
      of a teaspoon of dry yeast. That looks like far too little yeast, and it is exactly enough: \
      it has all night. Pour in 370 grams of cool water and stir with a wooden spoon until no dry \
      flour is left. The dough will be sticky and rough. Do not knead it. Cover the bowl with a \
      plate and go to bed.

      While you sleep, the flour drinks the water, and long strands form by themselves. The yeast \
      eats slowly and leaves behind the taste that fast bread never has.

      In the morning the dough has doubled and is full of bubbles. Wet your hands. Reach under one \
      side, pull it up as far as it wants to go, and fold it over the middle. Turn the bowl a \
      little and do it again. Six folds make a ball. Let it rest for an hour under its plate.

      Meanwhile put an iron pot with its lid into the oven, and heat both to 240 degrees. The pot \
      must be so hot that a drop of water dances on it. Then everything goes quickly:

      1. Turn the dough out onto a sheet of baking paper.
      2. Cut the top once with a sharp knife, a finger deep.
      3. Lift paper and dough into the pot together, and close the lid.
      4. Bake for 30 minutes with the lid, and 15 minutes without it.

      The lid keeps the steam inside, so the crust stays soft until the loaf has grown as tall as \
      it can. Without the lid the crust turns dark and begins to sing: a fine crackle, if the \
      kitchen is quiet.

      Now comes the hardest part. Wait. Inside, the bread is still cooking, and a warm loaf cuts \
      like wet clay. Give it an hour on a rack.

      Then take the end piece, which belongs to the baker, with cold butter and a little salt. If \
      it is not perfect, write down what you did and change one thing tomorrow. A dozen loaves \
      from now you will not need a recipe at all.\
      """;

  private static final String JOURNAL =
      """
      A journal is a promise that is written down before it is kept.

      Databases have used one for fifty years. Before a bank changes two balances, it writes a \
      line that describes the change, and it waits until this line is safe. Only then does it touch \
      the balances. If the power fails in between, the line is still there in the morning, and the \
      work is finished from the notes.

      A gateway for language models can do the same with words. Each piece of an answer is \
      appended to a file before a single byte of it leaves for the reader. The file is never \
      edited. It only grows, and each entry has a number that increases.

      That small discipline buys four things.

      First, a reader may disappear. A phone loses its network, a page is reloaded, a laptop is \
      closed for lunch. The answer continues without them, and when they are back they name the \
      last entry they had. The rest follows from there, with no word repeated.

      Second, several readers may follow one answer. The second one begins with the file and \
      arrives at the same live end as the first.

      Third, the gateway itself may die. A new process opens the file, finds an answer without an \
      end, and knows precisely how far it came. It asks the model to continue from the last words \
      that were stored. The readers come back by themselves.

      Fourth, the end is typed. Complete, cancelled, truncated, failed, expired: the file holds \
      which of them it was. A reader never has to guess from silence.

      What does it cost? Less than you might expect. Appending to a file is the cheapest thing a \
      disk can do, and hundreds of streams share each write. The expensive part is care: what if \
      the last line was written only by half, or a bit has turned over? So each entry carries a \
      checksum, and a torn tail is cut off when the file is opened.

      Press the button that kills the gateway, and you see this paragraph stop in mid-sentence. It \
      is a real kill: the process has no chance to tidy up. A second later another one reads what \
      the first one left, and carries on.\
      """;

  private static final String ANYTHING =
      """
      That is a fine question, and I must be honest: there is no model on this page. A small server \
      plays one, with texts that were written in advance, so that the playground needs no key, no \
      network and no money.

      Everything else is real. The words come over real sockets, piece by piece, at about the speed \
      of a large model. Between this page and the server stands a Holdfast gateway, which runs in a \
      process of its own and writes each piece to a journal before it sends it on. The buttons cut \
      real connections. The one in the middle kills that process, without a warning and without a \
      chance to clean up.

      So do your worst. Here are a few experiments that are worth the time.

      Cut the provider. The gateway sees a body that ends without its proof of completion. It sends \
      the text so far, asks for the last words again, and compares them. You will find a mark in \
      the text at that place.

      Cut the browser. For two seconds this page reaches nothing. The answer runs on without it, \
      and when the line is back the missing words arrive in one breath, from the journal.

      Kill the gateway. The browser loses its connection, the provider loses its client, and all \
      memory of the process is gone. A new process reads the journal, asks the provider to \
      continue, and waits for this page to come back.

      Reload the page. The browser forgets everything except the name of the stream. It asks for \
      that stream from the beginning and reads along from there.

      Then do two of these at once, or all four. Try it with a second window beside this one.

      At last switch the stubborn model on, and cut it. A model that does not repeat its own words \
      gives no evidence that the halves fit. Holdfast joins nothing then. It reports that the \
      answer is not complete, and for which reason, and leaves the choice to you.

      A tool that never fails is easy to promise. A tool that never pretends is the one you can \
      build on. When this text is over, a check mark shows whether it is the same, character by \
      character, as the one that the server meant to write.\
      """;

  private static final Map<String, String> BY_PROMPT = new LinkedHashMap<>();

  static {
    BY_PROMPT.put("Why do streams break?", CUTS);
    BY_PROMPT.put("Write a story about a lighthouse.", STORY);
    BY_PROMPT.put("How do I bake good bread?", BREAD);
    BY_PROMPT.put("What is a journal good for?", JOURNAL);
  }

  private PreparedAnswers() {}

  /** {@return the answer to a prompt; to one that is not prepared, an answer about this page} */
  static Answer answer(String prompt) {
    return Answer.ofText(BY_PROMPT.getOrDefault(prompt.strip(), ANYTHING));
  }
}
