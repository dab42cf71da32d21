package dev.holdfast.core.seam;

import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Finds a model's remarks about its answer, rather than in it, directly after the repeated text:
 * announcements, apologies, refusals, marks of an end. A text may hold such words, too; where it
 * cannot be known, they are taken for a remark.
 */
final class Remarks {
  /** Whether a text begins with a remark. */
  enum Kind {
    /** It does not. */
    NONE,
    /** It may: more of it is needed. */
    UNKNOWN,
    /** It does. */
    REMARK
  }

  /** A remark is known by so many characters. */
  private static final int HEAD = 72;

  /** Remarks in any place: several words that no sentence continues with. */
  private static final List<String> ALWAYS =
      phrases(
          """
          to pick up where; to pick up from; to continue where; to continue from; to resume where;
          continuing from; continuing where; continuing the answer; continuing with the answer;
          continuing my; continuing our; continued from; continuation:; continuing:;
          continued:; continue:; resuming from; resuming where; resuming the; resuming:;
          picking up where; picking up from; picking up:; where i left off; where we left off;
          from where i left; from where we left; from where it stopped; from where you stopped;
          as i was saying; here is the rest; here's the rest; here is the continuation;
          here's the continuation; here is the remain; here's the remain; here is the full;
          here's the full; here is the complete; here's the complete; here goes the rest;
          the rest of the answer; the rest of my answer; the answer continues;
          the response continues; my answer continues; let me continue; let me pick up;
          let me resume; let me finish; let me carry on; let's continue; i'll continue;
          i will continue; i'll carry on; i'll pick up; i will now continue; i am continuing;
          i'm continuing; i'm sorry; i am sorry; i do apologi; i apologi; my apologies;
          i can't continue; i cannot continue; i can not continue; i can't assist;
          i cannot assist; i can't help; i cannot help; i can't provide; i cannot provide;
          i can't complete; i cannot complete; i can't do that; i cannot do that;
          i can't comply; i cannot comply; i'm unable to; i am unable to; i'm not able to;
          i am not able to; i don't have the rest; i do not have the rest; i don't remember;
          i won't be able; i will not continue; i must stop; i have nothing to add;
          there is nothing more; there is nothing to add; nothing more to add; as an ai;
          as a language model; end of answer; end of the answer; end of response;
          end of the response; end of my answer; end of my response; end of reply;
          end of message; end of text; end of output; end of transcript; end of continuation;
          end of document; end of file; end answer; end response; answer ends here;
          the answer ends; the response ends; my answer ends; that is the end of;
          that's the end of; that is all i; that's all i; that concludes; this concludes;
          response truncated; output truncated; text truncated; message truncated;
          to be continued; es tut mir leid; tut mir leid; ich kann nicht fortfahren;
          ich kann das nicht; ich kann leider; leider kann ich; leider ist es mir;
          ich fahre fort; ich mache weiter; ich setze fort; ich setze meine;
          hier geht es weiter; hier geht's weiter; hier ist der rest; hier ist die fortsetzung;
          hier der rest; weiter geht es; weiter geht's; weiter im text; fortsetzung:;
          fortsetzung folgt; die fortsetzung; wie gesagt; ende der antwort;
          ende meiner antwort; ende des textes; als ki; als sprachmodell; je suis désolé;
          je suis navré; je ne peux pas; je ne peux malheureusement; je ne suis pas en mesure;
          je continue; je reprends; je poursuis; voici la suite; voici le reste;
          la suite de la réponse; suite de la réponse; suite:; suite :; reprenons;
          en tant qu'ia; fin de la réponse; fin de ma réponse; fin du texte; lo siento;
          lo lamento; no puedo continuar; no puedo seguir; no puedo ayudar; continúo;
          sigo desde; sigo con; continuando desde; continuando con; aquí está el resto;
          aquí está la continuación; aquí tienes el resto; aquí va el resto; como decía;
          como modelo de lenguaje; fin de la respuesta; final de la respuesta; sinto muito;
          não posso continuar; não consigo continuar; peço desculpa; continuando de;
          continuando a partir; aqui está o resto; aqui está a continuação; fim da resposta;
          mi dispiace; non posso continuare; continuo da; riprendo da; ecco il resto;
          ecco la continuazione; ecco il seguito; fine della risposta; het spijt me;
          ik kan niet; ik ga verder; hier is de rest; hier is het vervolg;
          einde van het antwoord; jag är ledsen; jag kan inte; jag fortsätter; här är resten;
          slut på svaret; beklager; undskyld; przepraszam; przykro mi; nie mogę; kontynuuję;
          kontynuując; oto reszta; koniec odpowiedzi; üzgünüm; devam ediyorum; kaldığım yerden;
          işte devamı; cevabın sonu; yanıtın sonu; извините; простите; прошу прощения;
          мне жаль; к сожалению, я; я не могу; продолжаю; продолжение; продолжим; продолжая;
          вот остаток; вот продолжение; конец ответа; вибачте; на жаль, я; 抱歉; 对不起;
          對不起; 很抱歉; 非常抱歉; 我无法; 我不能; 我無法; 继续：; 继续:; 接上文; 接下来继续;
          我继续; 我将继续; 让我继续; 继续上文; 继续回答; 以下是剩余; 以下是后续; 以下是其余;
          下面是剩余; 下面继续; 回答结束; 答案结束; 回复结束; 未完待续; 作为一个ai; 作为ai;
          作为人工智能; 申し訳; すみません; ごめんなさい; 続きです; 続きを; 続けます; 続きは;
          続き：; 続き:; 以下は続き; 以下、続き; 回答は以上; 以上です; 回答終わり;
          回答の終わり; 죄송; 미안; 계속하겠; 계속합니다; 계속:; 나머지는; 답변 끝; 답변의 끝;
          آسف; عذرا; عذرًا; أعتذر; لا أستطيع; لا يمكنني; سأتابع; سأكمل; أكمل من; أتابع من;
          تابع من; متابعة من; إليك بقية; إليك الباقي; نهاية الإجابة; نهاية الرد; متاسفم;
          ببخشید; ادامه می; ادامه:; סליחה; אני מצטער; אני לא יכול; אמשיך; ממשיך מ; הנה ההמשך;
          סוף התשובה; मुझे खेद; क्षमा करें; मैं जारी; जारी रखते; आगे जारी; उत्तर समाप्त;
          xin lỗi; tôi không thể; tiếp tục từ; tiếp tục:; maaf; saya tidak dapat;
          melanjutkan dari; ขออภัย; ขอโทษ; ต่อจาก; συγγνώμη; λυπάμαι; συνεχίζω; omlouvám se;
          pokračuji; pokračování;
          接着上文; 接着刚才; 接着前面; 이어서 계속; 이어서 답변
          """);

  /** Remarks where they begin a sentence, a line or a bracket. */
  private static final List<String> AT_A_BEGINNING =
      phrases(
          """
          sure,; sure!; sure.; sure:; sure thing; of course,; of course!; of course.;
          of course:; certainly,; certainly!; certainly.; certainly:; absolutely,; absolutely!;
          absolutely.; understood; got it; no problem; no worries; okay,; okay!; okay.; okay:;
          ok,; ok.; ok:; ok!; alright; all right,; right,; great!; great,; sorry; apologies;
          thank you for; thanks for; unfortunately, i; to continue; continuing; continued;
          continuation; continues; resuming; resumed; picking up; as requested; as promised;
          where was i; where were we; so, where; now, where; now continuing; now, continuing;
          and now the rest; the end; end.; end]; end); done.; done]; done); done!; finished.;
          finished]; that's all; that is all; that's it; that is it; truncated; interrupted;
          cut off; note: i; note: the answer; note: the response; note: this is; note: continu;
          human:; moving on,; moving on:; يتبع; سأكمل; moving on,; moving on:; going on,; going on:; يتبع; سأكمل;
          assistant:; answer:; response:; user:; system:; repeat:; repeating; rest:; the rest:;
          the last characters; last characters; your last; gerne; natürlich;
          selbstverständlich; klar,; klar!; verstanden; entschuldigung; entschuldigen sie;
          verzeihung; leider; alles klar; fortsetzung; weiter:; ende.; ende]; ende); bien sûr;
          d'accord; désolé; navré; excusez; malheureusement; certainement; compris; suite;
          fin.; fin]; fin); claro; por supuesto; disculp; perdón; perdona; lamentablemente;
          entendido; continuación; continuando; desculp; infelizmente; com certeza; certo,;
          certo!; certo.; certamente; scusa; scusi; purtroppo; fine.; fine]; natuurlijk;
          helaas; sorry,; конечно; хорошо,; к сожалению; конец; понял; 当然; 好的; 继续;
          很遗憾; 完]; 完）; 结束; もちろん; 了解; 承知; わかりました; 残念ながら; 続き;
          終わり; 完了; 물론; 알겠습니다; 계속; 끝; بالطبع; بالتأكيد; حسنا; للأسف; يتبع;
          النهاية; तो जारी; ज़रूर; बिल्कुल; tabii; elbette; maalesef; oczywiście; niestety
          """);

  /** Remarks where they begin with a capital within a sentence that was under way. */
  private static final List<String> WITHIN_A_SENTENCE =
      phrases(
          """
          my answer; my response; my reply; my previous; the answer was; the answer is;
          the response was; the response is; that was the end; that was my; that was all;
          that's where; that is where; this is where; this was the end; it stopped; it ends;
          it stops; let me know; is there anything; if you have any; if you need any;
          if you'd like; would you like; do you want; shall i; should i; i hope; feel free;
          hope this helps; hope that helps; happy to; glad to; i've already; i have already;
          the text ends; the text stops; the message ends; the message was; please let me;
          you can now; as you can see; meine antwort; das war; lass mich wissen; ich hoffe;
          gibt es noch; ma réponse; c'était; j'espère; dites-moi; mi respuesta; eso era;
          espero que; házmelo saber; minha resposta; la mia risposta; spero che; мой ответ;
          надеюсь; 我的回答; 希望; 如果您; 如果你; 私の回答; 以上が; 내 답변
          """);

  /** What a remark in brackets speaks of. */
  private static final List<String> SUBJECTS =
      phrases(
          """
          continu; resum; truncat; cut off; interrupt; end of; the end; answer; response;
          omitted; remain; repeat; rest of; further; output; too long; unable; stopped; cont'd;
          cont.; eof; tokens; error; fortsetz; fortgesetzt; antwort; ende; suite;
          fin de; réponse; respuesta; fin del; resposta; fim d; risposta; продолж; конец;
          ответ; 继续; 续; 完; 结束; 回答; 続; 終; 계속; 끝; يتبع; تتمة; النهاية; समाप्त; जारी
          """);

  /** Marks of a model's own, and of markup that it puts around an answer. */
  private static final List<String> SPECIAL =
      phrases(
          """
          <|; </s>; <s>; <eos; <eot; <end; <answer; </answer; <response; </response; <continu;
          </continu; <assistant; </assistant; <bos; <pad; [/inst; [inst; [done]; [eos; [eot
          """);

  private final CharSequence text;
  private final boolean asked;
  private final boolean glued;
  private final boolean code;

  /**
   * Looks at what is new.
   *
   * @param text with the white space before it
   * @param asked whether the model was asked in words to repeat
   * @param glued whether the delivered text ends with a letter directly before it
   * @param code whether it is in a block of code
   */
  Remarks(CharSequence text, boolean asked, boolean glued, boolean code) {
    this.asked = asked;
    this.text = text;
    this.glued = glued;
    this.code = code;
  }

  private static List<String> phrases(String text) {
    return Stream.of(text.split(";")).map(String::strip).toList();
  }

  /**
   * {@return whether the text begins with a remark}
   *
   * @param midway whether the delivered text ends within a sentence
   * @param last whether nothing follows
   */
  Kind find(boolean midway, boolean last) {
    int at = 0;
    boolean line = false;
    while (at < text.length() && Alignment.isSpace(text.charAt(at))) {
      line |= text.charAt(at) == '\n';
      at++;
    }
    int visible = at;
    int bracket = -1;
    boolean special = false;
    while (at < text.length() && at - visible <= HEAD && !isOfWord(text.charAt(at))) {
      char c = text.charAt(at);
      line |= c == '\n';
      bracket = "[(\u3010\uff08".indexOf(c) >= 0 ? at : bracket;
      special |= c == '<' || c == '[';
      if (!asked
          && c == '`'
          && Fences.isBareFence(text.subSequence(at, text.length()).toString())) {
        return Kind.NONE; // A block ends, as it was to.
      }
      at++;
    }
    at = behindNumber(at);
    if (at >= text.length() || at - visible > HEAD) {
      return last || at - visible > HEAD ? Kind.NONE : Kind.UNKNOWN;
    }
    boolean marked = at > visible;
    String head = text.subSequence(at, Math.min(text.length(), at + HEAD)).toString();
    char first = head.charAt(0);
    boolean begins =
        line
            || marked
            || !midway
            || Character.isUpperCase(first)
            || (Character.getType(first) == Character.OTHER_LETTER
                && (visible > 0 || !isWithoutSpaces(first)));
    boolean inWord = glued && visible == 0 && !marked && Character.isLowerCase(first);
    String folded = head.replace('\u2019', '\'').toLowerCase(Locale.ROOT);
    var kind = special ? special(visible, at, last) : Kind.NONE;
    kind = either(kind, () -> among(ALWAYS, folded, last));
    if (begins && (folded.startsWith("okay ") || folded.startsWith("ok "))) {
      return Kind.REMARK;
    }
    if (begins) {
      kind = either(kind, () -> among(AT_A_BEGINNING, folded, last));
    }
    boolean sign = marked && visible == 0 && TextEnd.isMark(text.charAt(0));
    if ((midway || code || sign) && !Character.isLowerCase(first)) {
      kind = either(kind, () -> among(WITHIN_A_SENTENCE, folded, last));
    }
    var sentence = new MetaSentence(head, inWord, last);
    if (!code || sentence.isProse()) {
      kind = either(kind, () -> sentence.find(begins && !inWord));
    } else if (begins && !inWord) {
      kind = either(kind, sentence::findInCode);
    }
    int opened = bracket;
    return bracket < 0 ? kind : either(kind, () -> inBrackets(opened, last));
  }

  /** One remark is enough. What may be one is not known to be none. */
  private static Kind either(Kind kind, Supplier<Kind> other) {
    if (kind == Kind.REMARK) {
      return kind;
    }
    var found = other.get();
    return found == Kind.NONE ? kind : found;
  }

  /** The number of an item is a mark, too. */
  private int behindNumber(int from) {
    int at = from;
    while (at < text.length() && at - from < 3 && Character.isDigit(text.charAt(at))) {
      at++;
    }
    if (at == from || at + 1 >= text.length() || ".)".indexOf(text.charAt(at)) < 0) {
      return from;
    }
    at++;
    int behind = at;
    while (at < text.length() && !isOfWord(text.charAt(at))) {
      at++;
    }
    return Alignment.isSpace(text.charAt(behind)) ? at : from;
  }

  private Kind special(int from, int to, boolean last) {
    var kind = Kind.NONE;
    for (int i = from; i < to; i++) {
      if ("<[".indexOf(text.charAt(i)) >= 0) {
        String mark =
            text.subSequence(i, Math.min(text.length(), i + HEAD))
                .toString()
                .toLowerCase(Locale.ROOT);
        kind = either(kind, () -> among(SPECIAL, mark, last));
      }
    }
    return kind;
  }

  /** {@return whether words are made of such characters} */
  static boolean isOfWord(char c) {
    if (c < 0x80) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    }
    return switch (Character.getType(c)) {
      case Character.UPPERCASE_LETTER,
          Character.LOWERCASE_LETTER,
          Character.TITLECASE_LETTER,
          Character.MODIFIER_LETTER,
          Character.OTHER_LETTER,
          Character.COMBINING_SPACING_MARK,
          Character.DECIMAL_DIGIT_NUMBER ->
          true;
      case Character.NON_SPACING_MARK -> c < '\ufe00' || c > '\ufe0f'; // Emoji's variations.
      default -> false;
    };
  }

  /** {@return whether a character is of a script that is written without spaces} */
  static boolean isWithoutSpaces(char c) {
    return c >= '\u2e80' && c <= '\ud7ff';
  }

  /** A remark in brackets has a line of its own, or speaks of the answer. */
  private Kind inBrackets(int from, boolean last) {
    int close = from + 1;
    int limit = Math.min(text.length(), from + HEAD);
    while (close < limit && ")]\u3011\uff09\n".indexOf(text.charAt(close)) < 0) {
      close++;
    }
    if (close == limit) {
      return last || limit < text.length() || limit - from == HEAD ? Kind.NONE : Kind.UNKNOWN;
    }
    String inside = text.subSequence(from + 1, close).toString().toLowerCase(Locale.ROOT);
    for (String subject : SUBJECTS) {
      if (inside.contains(subject)) {
        return Kind.REMARK;
      }
    }
    boolean words = inside.chars().filter(Character::isLetter).count() > 3;
    if (!words || text.charAt(from) == '(' || text.charAt(from) == '\uff08') {
      return Kind.NONE;
    }
    if (close + 1 == text.length()) {
      return last ? Kind.REMARK : Kind.UNKNOWN;
    }
    return text.charAt(close + 1) == '\n' || text.charAt(close + 1) == '\r'
        ? Kind.REMARK
        : Kind.NONE;
  }

  private static Kind among(List<String> remarks, String head, boolean last) {
    char first = head.charAt(0);
    boolean may = false;
    for (String remark : remarks) {
      if (remark.charAt(0) == first) {
        if (head.startsWith(remark)) {
          return Kind.REMARK;
        }
        may |= remark.startsWith(head);
      }
    }
    return may && !last ? Kind.UNKNOWN : Kind.NONE;
  }
}
