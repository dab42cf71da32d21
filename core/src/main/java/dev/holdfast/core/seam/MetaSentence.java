package dev.holdfast.core.seam;

import dev.holdfast.core.seam.Remarks.Kind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether a sentence is about the answer rather than of it, by the words it is made of: in the
 * first person about continuing or stopping; that an answer ends, was cut or continues; that
 * nothing more follows; or a label over the rest. No list of phrases is complete, so words are
 * combined.
 */
final class MetaSentence {
  /** So many characters are read of a sentence. */
  static final int HEAD = 72;

  /** A sentence that has no suspicious word among its first characters is none. */
  private static final int GLANCE = 28;

  /** A remark without a first person is short. */
  private static final int SHORT = 8;

  /** The halves of a verb have so few words between them. */
  private static final int MAX_APART = 4;

  /** A label before a remark is no longer. */
  private static final int LABEL = 14;

  private static final int FIRST = 1;
  private static final int CONTINUE = 2;
  private static final int STOP = 4;
  private static final int STOPPED = 8;
  private static final int ANSWER = 16;
  private static final int NOT = 32;
  private static final int MORE = 64;
  private static final int OF = 128;
  private static final int HALF = 256;
  private static final int OTHER_HALF = 512;
  private static final int CLASSES = 10;

  /** The classes of words of a language, in the order of their bits. */
  private static final List<List<String>> LANGUAGES =
      List.of(
          language(
              "I i'm i'll i've i'd me my mine myself let's",
              "continue continues continued continuing continuation resume resumes resumed resuming"
                  + " proceed proceeding repeat repeats repeated repeating rest remainder remaining"
                  + " restart restarting",
              "stop stopping end ends ending finish finishing complete conclude concludes halt"
                  + " decline refuse regret apolog* sorry abort quit",
              "stopped ended finished completed concluded halted cut truncated interrupted"
                  + " terminated reached exceeded limit limits exhausted omitted missing aborted",
              "answer answers response reply output text message transcript continuation generation"
                  + " passage content token tokens context conversation excerpt",
              "not can't cannot couldn't won't unable no nothing don't didn't never",
              "more further else additional",
              "of",
              "go going move moving carry carrying",
              "on"),
          language(
              "ich mir mich mein meine meiner meinen meinem",
              "fortfahren fortzufahren fahre fortsetzen fortzusetzen setze fortsetzung fortgesetzt"
                  + " weitermachen weiterzumachen weiterschreiben wiederhol* rest restliche*"
                  + " anknüpfen knüpfe fortführen weiterführen weitergehen",
              "aufhören aufzuhören höre beende beenden ende endet enden stoppe stoppen stopp schluss"
                  + " abbrechen abzubrechen breche abbruch entschuldig* bedau* leid leider verzeih*"
                  + " unterbreche schließe",
              "abgebrochen abgeschnitten gekürzt beendet unterbrochen erreicht überschritten"
                  + " gestoppt",
              "antwort antworten ausgabe text textes nachricht antworttext inhalt kontext",
              "nicht nichts kein keine keinen unmöglich",
              "mehr weiteres weitere weiteren",
              "der des meiner",
              "fahre fahren mache machen schreibe geht gehe höre",
              "fort weiter auf"),
          language(
              "je j moi me m mon ma mes",
              "continuer continue continuons continuant continuation poursuivre poursuis poursuite"
                  + " poursuivons reprendre reprends reprise reprenons suite reste répète répéter"
                  + " répétition",
              "arrête arrêter arrêt arrêtons arrêterai termine terminer finis finir fin désolé"
                  + " désolée excuse excuses excuser pardon navré regrette interromps interrompre"
                  + " conclus conclure stoppe",
              "interrompu interrompue tronqué tronquée coupé coupée terminé terminée finie atteinte"
                  + " arrêtée",
              "réponse texte message sortie contenu",
              "ne n pas rien impossible incapable",
              "plus davantage autre",
              "de du la",
              "-",
              "-"),
          language(
              "yo me mi mis continúo continuaré sigo seguiré prosigo puedo detengo paro termino"
                  + " reanudo retomo repito lamento siento",
              "continúo continuar continuaré continuando continuación continuemos sigo seguir"
                  + " seguiré siguiendo prosigo proseguir resto reanudo reanudar retomo retomando"
                  + " repito retomar",
              "detengo detenerme paro parar pararé termino terminar fin final disculp* perdón"
                  + " perdona lamento interrumpo concluyo",
              "interrumpida interrumpido truncada truncado cortada cortado termina terminada"
                  + " finaliza alcanzado",
              "respuesta texto mensaje salida contenido",
              "no nada imposible",
              "más",
              "de del la",
              "-",
              "-"),
          language(
              "io mi mio mia continuo continuerò proseguo proseguirò riprendo posso concludo ripeto"
                  + " interrompo scuso",
              "continuo continuare continuerò continuando continuazione proseguo proseguire"
                  + " proseguirò proseguendo riprendo riprendere riprendendo ripresa resto seguito"
                  + " ripeto ripetizione",
              "fermo fermarmi fermerò termino terminare fine finisco concludo scus* dispiace"
                  + " spiacente interrompo",
              "interrotta interrotto troncata troncato terminata termina finisce raggiunto",
              "risposta testo messaggio contenuto",
              "non niente nulla impossibile",
              "altro oltre più",
              "della del",
              "-",
              "-"),
          language(
              "eu me meu minha continuo continuarei sigo seguirei posso consigo paro termino retomo"
                  + " repito lamento prossigo",
              "continuo continuar continuarei continuando continuação prossigo prosseguir seguir"
                  + " prosseguindo retomo retomando retomar resto restante repito",
              "paro parar pararei termino terminar fim desculp* lamento interrompo encerro encerrar",
              "interrompida interrompido truncada truncado cortada cortado termina terminada"
                  + " atingido",
              "resposta texto mensagem saída conteúdo",
              "não nao nada impossível",
              "mais",
              "da do",
              "-",
              "-"),
          language(
              "ik mij me mijn",
              "verder verdergaan doorgaan vervolg vervolgen voortzetten hervat hervatten rest"
                  + " herhaal herhaling herhalen",
              "stop stoppen eindig einde eindigt sorry spijt spijtig excuses excuseer beëindig"
                  + " ophouden",
              "afgebroken onderbroken afgekapt afgelopen bereikt",
              "antwoord tekst bericht uitvoer inhoud",
              "niet niets geen onmogelijk",
              "meer",
              "van",
              "ga gaan",
              "verder door"),
          language(
              "я мне меня мой моя моего моему продолжаю продолжу повторяю повторю останавливаюсь"
                  + " остановлюсь заканчиваю закончу извиняюсь прерываю могу сожалею завершаю"
                  + " прекращаю",
              "продолж* остальн* остаток повтор* возобнов*",
              "останов* останавл* заканчив* закончу заверш* конец прекра* прерыв* извин* сожале*"
                  + " жаль окончание",
              "прерван* обрыва* оборван* обрезан* заканчивается закончен достигнут*",
              "ответ* текст* сообщени* вывод",
              "не нет ничего невозможно",
              "больше более",
              "ответа текста",
              "-",
              "-"),
          language(
              "ja mi mnie moja mój kontynuuję przepraszam kończę",
              "kontynu* reszta resztę dalszy ciąg powtarzam",
              "kończę kończ* koniec przepraszam zatrzymuję przerywam",
              "przerwan* ucięt*",
              "odpowied* tekst* wiadomoś*",
              "nie nic",
              "więcej",
              "odpowiedzi tekstu",
              "-",
              "-"));

  /** The classes of a word in each language; of what a word begins with, in the second map. */
  private static final Map<String, int[]> WORDS = new HashMap<>();

  private static final Map<String, int[]> STEMS = new HashMap<>();
  private static final int SHORTEST_STEM = 3;

  static {
    for (int language = 0; language < LANGUAGES.size(); language++) {
      for (int bit = 0; bit < CLASSES; bit++) {
        for (String word :
            LANGUAGES.get(language).get(bit).toLowerCase(Locale.ROOT).split(" ", -1)) {
          boolean stem = word.endsWith("*");
          String key = stem ? word.substring(0, word.length() - 1) : word;
          (stem ? STEMS : WORDS)
                  .computeIfAbsent(key, unused -> new int[LANGUAGES.size()])[language] |=
              1 << bit;
        }
      }
    }
  }

  /** Sentences that are about the answer as a whole. */
  private static final Set<String> WHOLE =
      Set.of(
          phrases(
              """
              end; the end; fin; stopped; halted; aborted; continues; continued; resumed; no output;
               ende; fine; fim; einde; конец; koniec; eof; eot; eos; done; all done;
              stop; inst; cont; cont'd; contd; to be continued; more to follow; more to come;
              continue; please continue; go on; please go on; and so on; no more; nothing more;
              nothing further; that is everything; that's everything; this is everything;
              that is it; that's it; truncated; cut off; interrupted; message too long; text ends;
              weiter; bitte weiter; bitte fortfahren; schluss; das war's; das wars; das ist alles;
              das war alles; mehr nicht; weiter geht's; suite; à suivre; c'est tout; c'est fini;
              voilà; continuez; terminé; continuará; eso es todo; es todo; sigue; continúe; listo;
              continua; è tutto; questo è tutto; ecco tutto; prego continui; é tudo; isso é tudo;
              continue por favor; wordt vervolgd; dat was het; dat is alles; ga verder; klaar;
              продолжение следует; это всё; это все; всё; далее; готово; ciąg dalszy nastąpi;
              to wszystko; 完; 全文完; 完毕; 結束; 结束; 未完; 待续; 待續; 续; 請繼續; 请继续; 完了; おわり; 終わり;
              終了; 以上; 続く; つづく; 끝; 이상; 계속; 끝입니다; 이상입니다
              """));

  /** Words that are a remark also where something follows; hardly a sentence begins with them. */
  private static final Set<String> ENDS =
      Set.of("end", "fin", "ende", "einde", "конец", "koniec", "يتبع", "تتمة", "النهاية");

  /** What occurs in remarks only, or nearly so, in a sentence that begins after the repetition. */
  private static final List<String> ANYWHERE =
      List.of(
          phrases(
              """
              where i left; where i stopped; where we left; left off; where you left; where it stopped;
              train of thought; last characters; last words of; the text above; the above repeats; text ends here;
              answer ends here;
              repeated above; as you asked; you asked me; per your request; as per your; as requested;
              stopping here; ending here; how it goes on; how it continues; vou parar; não tenho mais;
              no tengo nada; no tengo más; non ho altro; non ho più; ik heb niets; as i mentioned; as i said; as i wrote; as an assistant; as a model;
               out of tokens; token limit; max tokens; maximum length;
              output limit; length limit; context length; context window; go on with the;
              carry on with the; as far as i can; all i can say; all i have; all i know;
              unable to go on; unable to carry on; can't go on; cannot go on; here you go:;
              here we go:; here it is:; there you go:; what comes next:; what follows:;
              i'm afraid i; i am afraid i; i will stop; i'll stop; i must end; i have to stop;
              i need to stop; i'd be happy to; i would be happy to; i'm happy to; mehr weiß ich;
              mehr kann ich; ich höre hier; höre ich hier; hier höre ich; hier endet; hier ende ich;
              hier breche ich; ich breche hier; soll ich weiter; soll ich fort; wie gewünscht;
              wie gebeten; geht es weiter; geht's weiter; ich mache hier; ich schreibe weiter;
              je m'arrête; je m'interromps; je ne sais pas la suite; je n'ai pas la suite;
              comme demandé; là où je; je dois m'arrêter; la suite :; voici :; me detengo;
              hasta aquí; donde lo dej; como pediste; como pidió; no puedo más; me quedé; mi fermo;
              dove ero rimast; dove avevo; come richiesto; fin qui; paro por aqui; até aqui;
              onde parei; como pediu; como solicitado; ik stop hier; tot hier; zoals gevraagd;
              waar ik gebleven; waar ik was; на этом я; на этом всё; на этом все; где остановил;
              как просили; дальше не; больше ничего
              """));

  /** The same in languages that are written without spaces, or whose words have many endings. */
  private static final List<String> ANYWHERE_IN_SCRIPTS =
      List.of(
          phrases(
              """
              到此为止; 到此结束; 到这里结束; 到此為止; 到此結束; 以上就是; 以上是全部; 回答完毕; 回答完畢; 没有更多; 沒有更多; 更多内容;
              字数限制; 长度限制; 字數限制; 需要我继续; 需要我繼續; 是否继续; 是否繼續; 要我继续; 要我繼續; 继续如下; 繼續如下; 接下来：; 接下来:; 接下來：;
              以下继续; 以下繼續; 下文：; 下文如下; 接上文; 剩余部分; 剩餘部分; 其余部分; 其餘部分; 后续内容; 後續內容; 我只能; 我停; 在此结束; 在此結束; 就此结束;
              请让我继续; 請讓我繼續; 繼續回答; 我繼續; 我將繼續; 讓我繼續; 输出中断; 輸出中斷; 被截断; 被截斷; 达到上限; 達到上限; ここまで; ここで終わ; ここで止め;
              ここで停止; ここで中断; これで終わ; これ以上; 以上で; 続けられ; 続行でき; 続けること; 続行し; 再開し; 再開いた; 中断され; 途切れ; 上限に達; 残りは; 残りの部分;
              繰り返しました; 申し上げられ; お答えでき; 失礼いたし; 失礼しま; 続きはこちら; では続け; それでは続; 여기까지; 이상입니다; 더 이상; 계속할 수; 계속 진행;
              계속해서 답변; 계속 이어; 이어서 작성; 이어서 쓰; 이어가겠; 이어 가겠; 중단하겠; 마치겠; 마칩니다; 멈추겠; 답변을 마; 답변이 끝; 답변이 중단;
              응답이 중단; 출력 한도; 길이 제한; 잘렸; 도와드릴 수 없; 할 수 없습니다; 못하겠
              """));

  private final String head;
  private final String folded;
  private final String after;
  private final boolean last;
  private final boolean over;
  private final int skipped;

  /**
   * Looks at a sentence.
   *
   * @param head its beginning, without marks before it
   * @param glued whether its first letters end a word that was delivered
   * @param last whether nothing follows
   */
  MetaSentence(String head, boolean glued, boolean last) {
    int end = end(head);
    this.over = end < head.length() || last || head.length() >= HEAD;
    this.head = head.substring(0, Math.min(head.length(), end + 1));
    this.after = head.substring(this.head.length());
    this.last = last || head.length() >= HEAD;
    this.folded = this.head.replace('\u2019', '\'').toLowerCase(Locale.ROOT);
    int word = 0;
    while (glued && word < this.head.length() && Remarks.isOfWord(this.head.charAt(word))) {
      word++;
    }
    this.skipped = word;
  }

  private static String[] phrases(String text) {
    return text.strip().split("\\s*;\\s*", -1);
  }

  private static List<String> language(String... classes) {
    return List.of(classes);
  }

  /** Where the sentence's last mark is, or the length if it is not over. */
  private static int end(String head) {
    for (int i = 1; i < head.length(); i++) {
      char c = head.charAt(i);
      boolean spaced = i + 1 < head.length() && !Remarks.isOfWord(head.charAt(i + 1));
      if ("\n!?\u3002\uff01\uff1f\uff1a\u061f\u0964])\uff09\u3011".indexOf(c) >= 0
          || (".:".indexOf(c) >= 0 && spaced)) {
        return i;
      }
    }
    return head.length();
  }

  /**
   * {@return whether it is a remark}
   *
   * @param begins whether a sentence, a line or a bracket begins with it
   */
  Kind find(boolean begins) {
    if (contains(ANYWHERE_IN_SCRIPTS) || (begins && contains(ANYWHERE))) {
      return Kind.REMARK;
    }
    if (!begins) {
      return Kind.NONE;
    }
    if ((over && WHOLE.contains(bare())) || isShouted() || isEnd()) {
      return Kind.REMARK;
    }
    boolean suspicious = false;
    var words = words();
    for (int language = 0; language < LANGUAGES.size(); language++) {
      if (isRemark(words, language)) {
        return Kind.REMARK;
      }
      for (int[] word : words) {
        suspicious |= word[language] != 0 && word[language] != OF;
      }
    }
    if (over && head.length() <= LABEL && isLabel() && !after.isBlank()) {
      return new MetaSentence(after.strip(), false, last).find(true);
    }
    return !over && (suspicious || head.length() < GLANCE) ? Kind.UNKNOWN : Kind.NONE;
  }

  private boolean contains(List<String> phrases) {
    for (String phrase : phrases) {
      int at = folded.indexOf(phrase, skipped);
      if (at >= 0
          && (at == 0
              || !Remarks.isOfWord(folded.charAt(at - 1))
              || Remarks.isWithoutSpaces(phrase.charAt(0)))) {
        return true;
      }
    }
    return false;
  }

  /** {@return whether it is written as prose, which lines of code are not} */
  boolean isProse() {
    int spaces = 0;
    for (int i = 0; i < head.length(); i++) {
      char c = head.charAt(i);
      spaces += c == ' ' ? 1 : 0;
      if (!Remarks.isOfWord(c)
          && " ,'\u2019-.:!?)]\uff0c\u3001\u3002\uff1a\uff01\uff1f\uff09\u3011".indexOf(c) < 0) {
        return false;
      }
    }
    return ((spaces > 0 || !over) && Character.isUpperCase(head.charAt(0)))
        || Remarks.isWithoutSpaces(head.charAt(0));
  }

  /** The sentence without the marks around it. */
  private String bare() {
    int from = skipped;
    int to = folded.length();
    while (from < to && !Remarks.isOfWord(folded.charAt(from))) {
      from++;
    }
    while (to > from && !Remarks.isOfWord(folded.charAt(to - 1))) {
      to--;
    }
    return folded.substring(from, to);
  }

  /** {@return whether it is a remark among lines of code} These hold single words of remarks. */
  Kind findInCode() {
    boolean upper = Character.isUpperCase(head.charAt(0));
    if (contains(ANYWHERE_IN_SCRIPTS)
        || contains(ANYWHERE)
        || (over && upper && WHOLE.contains(bare()))) {
      return Kind.REMARK;
    }
    if (over && head.length() <= LABEL && isLabel() && !after.isBlank()) {
      return new MetaSentence(after.strip(), false, last).findInCode();
    }
    return !last && upper && head.length() + after.length() < GLANCE ? Kind.UNKNOWN : Kind.NONE;
  }

  /** Whether it begins with a word for the end, as a sentence. */
  private boolean isEnd() {
    int at = 0;
    while (at < folded.length() && Remarks.isOfWord(folded.charAt(at))) {
      at++;
    }
    return skipped == 0
        && (at < folded.length() || over)
        && !Character.isLowerCase(head.charAt(0))
        && ENDS.contains(folded.substring(0, at));
  }

  /** Whether it begins with the end in capitals. */
  private boolean isShouted() {
    int at = 0;
    while (at < head.length() && Character.isUpperCase(head.charAt(at))) {
      at++;
    }
    return at > 2
        && at < head.length()
        && !Remarks.isOfWord(head.charAt(at))
        && WHOLE.contains(folded.substring(0, at));
  }

  private boolean isRemark(List<int[]> words, int language) {
    int all = 0;
    int verb = -1;
    int answer = -1;
    int half = -1;
    boolean of = false;
    boolean about = false;
    for (int i = 0; i < words.size(); i++) {
      int word = words.get(i)[language];
      half = (word & HALF) != 0 ? i : half;
      if ((word & OTHER_HALF) != 0 && half >= 0 && i - half <= MAX_APART) {
        word |= CONTINUE;
      }
      all |= word;
      of |= (word & OF) != 0 && verb >= 0;
      if ((word & (CONTINUE | STOP | STOPPED)) != 0) {
        verb = i;
        about |= answer >= 0;
      } else if ((word & ANSWER) != 0) {
        answer = i;
        about |= of;
      }
    }
    if (verb < 0 && (all & NOT) == 0) {
      return false;
    }
    boolean few = words.size() <= SHORT;
    boolean first = (all & FIRST) != 0;
    boolean not = (all & NOT) != 0;
    boolean further = (all & (CONTINUE | STOP)) != 0;
    return (first && further)
        || (first && (all & ANSWER) != 0 && verb >= 0)
        || (first && not && (all & MORE) != 0)
        || (few && about)
        || (few && further && (words.getFirst()[language] & NOT) != 0)
        || (few && not && (all & ANSWER) != 0 && (further || (all & MORE) != 0))
        || (few && isLabel() && (all & CONTINUE) != 0);
  }

  private boolean isLabel() {
    return over && !head.isEmpty() && ":\uff1a".indexOf(head.charAt(head.length() - 1)) >= 0;
  }

  /** The classes of each word, by language. */
  private List<int[]> words() {
    var words = new ArrayList<int[]>();
    int at = skipped;
    while (at < folded.length()) {
      int from = at;
      while (at < folded.length()
          && (Remarks.isOfWord(folded.charAt(at)) || folded.charAt(at) == '\'')) {
        at++;
      }
      if (at > from && (at < folded.length() || over)) {
        words.add(classes(from, at));
      }
      at++;
    }
    return words;
  }

  private int[] classes(int from, int to) {
    var classes = new int[LANGUAGES.size()];
    String word = folded.substring(from, to);
    if (word.equals("i") && head.charAt(from) == 'i') {
      return classes; // A counter, or Italian.
    }
    add(classes, WORDS.get(word));
    int part = 0;
    for (int i = word.indexOf('\''); i >= 0; i = word.indexOf('\'', part)) {
      add(classes, WORDS.get(word.substring(part, i)));
      part = i + 1;
    }
    add(classes, part > 0 ? WORDS.get(word.substring(part)) : null);
    for (int length = SHORTEST_STEM; length <= word.length(); length++) {
      add(classes, STEMS.get(word.substring(0, length)));
    }
    return classes;
  }

  private static void add(int[] classes, int @Nullable [] more) {
    for (int i = 0; more != null && i < classes.length; i++) {
      classes[i] |= more[i];
    }
  }
}
