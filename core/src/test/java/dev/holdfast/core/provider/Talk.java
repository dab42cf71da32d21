package dev.holdfast.core.provider;

import dev.holdfast.core.frame.AwsEventStreamDecoder;
import dev.holdfast.core.frame.AwsMessages;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.frame.JsonArrayDecoder;
import dev.holdfast.core.frame.LineDecoder;
import dev.holdfast.core.frame.SseDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;

/**
 * How a protocol says the simplest things, for tests that say them badly.
 *
 * @param text says {@code %s}, a JSON value where a string is due
 * @param index says "x" at the place {@code %s}
 * @param usage says that {@code %s} tokens were used, in and out
 * @param event the type of a binary message; elsewhere unused
 */
record Talk(String dialect, String text, String index, String usage, String event) {
  static final List<Talk> ALL =
      List.of(
          sse(
              "openai-chat",
              "{'choices':[{'index':0,'delta':{'content':%s}}]}",
              "{'choices':[{'index':%s,'delta':{'content':'x'}}]}",
              "{'choices':[],'usage':{'prompt_tokens':%s,'completion_tokens':%<s}}"),
          sse(
              "openai-completions",
              "{'object':'text_completion','choices':[{'index':0,'text':%s}]}",
              "{'object':'text_completion','choices':[{'index':%s,'text':'x'}]}",
              "{'choices':[],'usage':{'prompt_tokens':%s,'completion_tokens':%<s}}"),
          sse(
              "openai-responses",
              "{'type':'response.output_text.delta','output_index':0,'delta':%s}",
              "{'type':'response.output_text.delta','output_index':%s,'delta':'x'}",
              "{'type':'response.completed','response':{'status':'completed',"
                  + "'usage':{'input_tokens':%s,'output_tokens':%<s}}}"),
          sse(
              "anthropic-messages",
              "{'type':'content_block_delta','index':0,'delta':{'type':'text_delta','text':%s}}",
              "{'type':'content_block_delta','index':%s,'delta':{'type':'text_delta','text':'x'}}",
              "{'type':'message_start','message':{'id':'m','usage':"
                  + "{'input_tokens':%s,'output_tokens':%<s}}}"),
          sse(
              "cohere-v2",
              "{'type':'content-delta','index':0,'delta':{'message':{'content':{'text':%s}}}}",
              "{'type':'content-delta','index':%s,'delta':{'message':{'content':{'text':'x'}}}}",
              "{'type':'message-end','delta':{'finish_reason':'COMPLETE',"
                  + "'usage':{'tokens':{'input_tokens':%s,'output_tokens':%<s}}}}"),
          sse(
              "tgi-native",
              "{'index':1,'token':{'id':1,'text':%s,'special':false},'generated_text':null}",
              "{'index':%s,'token':{'id':1,'text':'x','special':false},'generated_text':null}",
              "{'token':{'id':1,'text':'','special':false},'generated_text':'',"
                  + "'details':{'finish_reason':'length','generated_tokens':%s}}"),
          dashScope("dashscope-cumulative"),
          dashScope("dashscope-incremental"),
          sse(
              "gemini-sse",
              "{'candidates':[{'index':0,'content':{'parts':[{'text':%s}]}}]}",
              "{'candidates':[{'index':%s,'content':{'parts':[{'text':'x'}]}}]}",
              "{'usageMetadata':{'promptTokenCount':%s,'candidatesTokenCount':%<s}}"),
          sse(
              "gemini-json-array",
              "{'candidates':[{'index':0,'content':{'parts':[{'text':%s}]}}]}",
              "{'candidates':[{'index':%s,'content':{'parts':[{'text':'x'}]}}]}",
              "{'usageMetadata':{'promptTokenCount':%s,'candidatesTokenCount':%<s}}"),
          sse(
              "gemini-interactions",
              "{'event_type':'step.delta','index':0,'delta':{'type':'text','text':%s}}",
              "{'event_type':'step.delta','index':%s,'delta':{'type':'text','text':'x'}}",
              "{'event_type':'interaction.completed','interaction':{'status':'completed',"
                  + "'usage':{'total_input_tokens':%s,'total_output_tokens':%<s}}}"),
          sse(
              "ollama-chat",
              "{'message':{'content':%s},'done':false}",
              "{'index':%s,'message':{'content':'x'},'done':false}",
              "{'done':true,'prompt_eval_count':%s,'eval_count':%<s}"),
          sse(
              "ollama-generate",
              "{'response':%s,'done':false}",
              "{'index':%s,'response':'x','done':false}",
              "{'done':true,'prompt_eval_count':%s,'eval_count':%<s}"),
          sse(
              "llama-completion",
              "{'index':0,'content':%s,'stop':false}",
              "{'index':%s,'content':'x','stop':false}",
              "{'content':'','stop':true,'tokens_evaluated':%s,'tokens_predicted':%<s}"),
          new Talk(
              "bedrock-converse",
              "{'contentBlockIndex':0,'delta':{'text':%s}}",
              "{'contentBlockIndex':%s,'delta':{'text':'x'}}",
              "{'usage':{'inputTokens':%s,'outputTokens':%<s}}",
              "contentBlockDelta"),
          new Talk(
              "bedrock-invoke",
              "{'outputText':%s}",
              "{'index':%s,'outputText':'x'}",
              "{'amazon-bedrock-invocationMetrics':{'inputTokenCount':%s,'outputTokenCount':%<s}}",
              "chunk"));

  private static Talk sse(String dialect, String text, String index, String usage) {
    return new Talk(dialect, text, index, usage, "");
  }

  private static Talk dashScope(String dialect) {
    return sse(
        dialect,
        "{'output':{'choices':[{'index':0,'message':{'content':%s},'finish_reason':'null'}]}}",
        "{'output':{'choices':[{'index':%s,'message':{'content':'x'},'finish_reason':'null'}]}}",
        "{'output':{},'usage':{'input_tokens':%s,'output_tokens':%<s}}");
  }

  /** {@return a frame that says {@code value}, written as JSON, where text is due} */
  byte[] saying(String value) {
    return frame(filled(text, value));
  }

  /** {@return a frame that says "x" at a place} */
  byte[] at(String place) {
    return frame(filled(index, place));
  }

  /** {@return a frame that reports so many tokens} */
  byte[] using(String tokens) {
    String type = dialect.equals("bedrock-converse") ? "metadata" : event;
    return frame(filled(usage, tokens), type);
  }

  /** {@return a frame that holds this document} */
  byte[] frame(String json) {
    return frame(json, event);
  }

  private byte[] frame(String json, String type) {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    return switch (Dialects.byId(dialect).newDecoder(FrameLimits.DEFAULT)) {
      case SseDecoder sse -> AwsMessages.join(ascii("data: "), bytes, ascii("\n\n"));
      case LineDecoder lines -> AwsMessages.join(bytes, ascii("\n"));
      case JsonArrayDecoder array -> AwsMessages.join(bytes, ascii(","));
      case AwsEventStreamDecoder aws when type.equals("chunk") ->
          AwsMessages.event(
              type, "{\"bytes\":\"%s\"}".formatted(Base64.getEncoder().encodeToString(bytes)));
      case AwsEventStreamDecoder aws -> AwsMessages.event(type, json);
      default -> throw new IllegalStateException(dialect);
    };
  }

  /** {@return what comes before the first frame} */
  byte[] prologue() {
    return ascii(dialect.equals("gemini-json-array") ? "[" : "");
  }

  private static String filled(String template, String value) {
    return template.replace('\'', '"').replace("%<s", "%s").replace("%s", value);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @Override
  public String toString() {
    return dialect;
  }
}
