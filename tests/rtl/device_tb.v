// The link around a stand-in engine (tests/rtl/stub/decay_engine.v): every kind of request, every error, corrupt and lost bytes, garbage,
// random gaps and back-pressure. Answers and results may take turns in any way, so that each are compared in their own order.
// stubs: tests/rtl/stub
`default_nettype none
module device_tb #(parameter PACED = 0, parameter KEPT = 0);
  reg        clk = 0, rst = 1, rx_valid = 0, tx_ready = 0;
  reg  [7:0] rx_data = 0;
  wire       rx_ready, tx_valid, busy;
  wire [7:0] tx_data;
  device_top #(.ENGINE(2), .CLOCK_HZ(0), .WITH_SCLC(0), .WITH_TA(0), .WITH_PHOTON(0), .PACED(PACED), .KEPT(KEPT)) dut (
    .clk(clk), .rst(rst), .rx_data(rx_data), .rx_mark(2'd0), .rx_valid(rx_valid), .rx_ready(rx_ready),
    .tx_data(tx_data), .tx_valid(tx_valid), .tx_ready(tx_ready), .busy(busy), .fault(),
    .sync_samples(1'b0), .detector_samples(1'b0), .marker_samples(1'b0)
  );
  always #5 clk = !clk;

  integer seed = 6;
  localparam STREAM_MAX = 400000;
  localparam ROUNDS = 1500;
  `include "tests/rtl/stream.vh"
  `include "protocol.vh"

  // What must come: header words and payload of every message, answers and results apart.
  reg [7:0]  reply [0:STREAM_MAX - 1], result [0:STREAM_MAX - 1], got [0:STREAM_MAX - 1];
  integer    reply_size = 0, result_size = 0, got_size = 0, reply_at = 0, result_at = 0;
  integer    i, k, n, at, clocks, errors = 0, replies = 0, results = 0, length, idle;
  integer    words, kind, bytes;
  reg [16:0] held;                 // bit 16: nothing yet
  reg        irf_there, took, good;
  reg [31:0] crc, value, sum, seq;
  reg [15:0] id;
  reg [31:0] numbers [0:63];

  task expect_reply;
    input [7:0] b;
    begin
      reply[reply_size] = b;
      reply_size = reply_size + 1;
    end
  endtask

  task expect_head;
    input [7:0]  type_;
    input [31:0] seq_;
    input [15:0] id_;
    input integer length_;
    integer k;
    begin
      expect_reply(type_);
      for (k = 0; k < 4; k = k + 1) expect_reply(seq_[8 * k +: 8]);
      for (k = 0; k < 2; k = k + 1) expect_reply(id_[8 * k +: 8]);
      for (k = 0; k < 4; k = k + 1) expect_reply(length_[8 * k +: 8]);
      replies = replies + 1;
    end
  endtask

  task expect_error;
    input [7:0] code, type_;
    begin
      expect_head(MSG_ERROR, seq, id, 4);
      expect_reply(code);
      expect_reply(type_);
      expect_reply(8'd0);
      expect_reply(8'd0);
    end
  endtask

  task expect_result_byte;
    input [7:0] b;
    begin
      result[result_size] = b;
      result_size = result_size + 1;
    end
  endtask

  task expect_result;              // of numbers[0 .. n - 1]
    input integer n;
    integer j, k;
    begin
      expect_result_byte(MSG_RESULT);
      for (k = 0; k < 4; k = k + 1) expect_result_byte(seq[8 * k +: 8]);
      for (k = 0; k < 2; k = k + 1) expect_result_byte(id[8 * k +: 8]);
      k = 4 * (n + 1);
      for (j = 0; j < 4; j = j + 1) expect_result_byte(k[8 * j +: 8]);
      for (j = 0; j < n; j = j + 1)
        for (k = 0; k < 4; k = k + 1) expect_result_byte(numbers[j][8 * k +: 8]);
      for (k = 0; k < 4; k = k + 1) expect_result_byte(sum[8 * k +: 8]);
      results = results + 1;
    end
  endtask

  function [31:0] info_word;
    input integer index;
    case (index)
      INFO_PROTOCOL_VERSION: info_word = 32'd1;
      INFO_ENGINE: info_word = ENGINE_E18;
      INFO_COMPONENTS_MAX: info_word = ENGINE_E18_COMPONENTS_MAX;
      INFO_BINS_MAX: info_word = ENGINE_E18_BINS_MAX;
      INFO_FINE_MAX: info_word = ENGINE_E18_FINE_MAX;
      INFO_GROUPS_MAX: info_word = ENGINE_E18_GROUPS_MAX;
      INFO_WORD_BITS: info_word = ENGINE_E18_WORD_BITS;
      INFO_STATE_BITS: info_word = ENGINE_E18_STATE_BITS;
      INFO_COUNT_BITS: info_word = ENGINE_E18_COUNT_BITS;
      INFO_JOBS_IN_FLIGHT: info_word = 32'd4;
      INFO_CLOCK_HZ: info_word = 32'd0;
      INFO_GATEWARE_VERSION: info_word = GATEWARE_VERSION;
      INFO_SCLC_POINTS_MAX: info_word = 32'd0;
      INFO_TA_COMPONENTS_MAX: info_word = 32'd0;
      INFO_TA_DELAYS_MAX, INFO_PHOTON: info_word = 32'd0;
      default: info_word = 32'hX;
    endcase
  endfunction

  // One load message with n words of 32 bits; flaw: 0 none, 1 CRC, 2 unfinished at the end, 3 a number too long
  task put_load;
    input [7:0]   type_;
    input integer n, flaw, right;
    integer j;
    begin
      put_header(8'd1, type_, seq, id);
      sum = 0;
      for (j = 0; j < n; j = j + 1) begin
        if (type_[2]) numbers[j] = numbers[j] >> pick(32);
        sum = sum + numbers[j];
        if (type_[2]) put_leb128(numbers[j]);
        else put_number(numbers[j], 4);
      end
      if (flaw == 2) put_byte(8'hFF);
      if (flaw == 3) begin
        put_number(32'h80808080, 4);
        put_byte(type_[2] ? 8'h7F : 8'd0);
      end
      put_end;
      if (flaw == 1) stream[stream_size - 1 - pick(4)] = noise(1'b0);
      good = flaw == 0;
      if (flaw == 1) begin                 // the random byte may be the right one
        crc = 32'hFFFFFFFF;
        for (j = begin_at; j < stream_size - 4; j = j + 1) crc = crc_bitwise(crc, stream[j]);
        good = {stream[stream_size - 1], stream[stream_size - 2], stream[stream_size - 3], stream[stream_size - 4]} == ~crc;
      end
      if (flaw == 1 && !good) expect_error(ERR_CRC, type_);
      else if (type_ != MSG_CONFIG && !(held == id && (irf_there || type_ == MSG_IRF))) expect_error(ERR_CONFIG, type_);
      else if (n != right || !good) expect_error(ERR_LENGTH, type_);
      else if (type_ == MSG_CONFIG && numbers[0] == 32'hFFFFFFFF) expect_error(ERR_VALUE, type_);
      else begin
        case (type_)
          MSG_CONFIG: begin held = id; irf_there = 0; end
          MSG_IRF: irf_there = 1;
          default: expect_result(n);
        endcase
        if (!type_[2]) expect_head(MSG_ACK, seq, id, 0);
      end
    end
  endtask

  task put_request;
    input integer what;
    integer j;
    begin
      seq = noise(1'b0);
      id = pick(8) == 0 ? pick(3) : held;
      for (j = 0; j < 64; j = j + 1) numbers[j] = noise(1'b0);
      n = pick(6) == 0 ? pick(8) - 4 : 0;                           // words too many
      k = pick(8) == 0 ? 1 + pick(3) : 0;                           // flaw
      case (what)
        0: begin
          if (pick(5) == 0) numbers[0] = 32'hFFFFFFFF;
          put_load(MSG_CONFIG, LAYOUT_WORDS + CFG_WORDS + n, k, LAYOUT_WORDS + CFG_WORDS);
        end
        1, 2: put_load(MSG_IRF, 10 + n, k, 10);
        3, 4, 5, 6: put_load(MSG_HISTOGRAM_RAW, 16 + n, k, 16);
        7, 8, 9, 10: put_load(MSG_HISTOGRAM_GROUPED, 5 + n, k, 5);
        11: begin
          put_header(8'd1, MSG_INFO_REQUEST, seq, id);
          if (pick(3) == 0) put_byte(8'd0);
          put_end;
          if (stream_size - begin_at > 20) expect_error(ERR_LENGTH, MSG_INFO_REQUEST);
          else begin
            expect_head(MSG_INFO, seq, id, 4 * INFO_WORDS);
            for (j = 0; j < 4 * INFO_WORDS; j = j + 1) begin
              value = info_word(j / 4);
              expect_reply(value[8 * (j % 4) +: 8]);
            end
          end
        end
        12, 13: begin
          put_header(8'd1, MSG_ECHO_REQUEST, seq, id);
          n = pick(4) == 0 ? 62 + pick(6) : pick(65);
          for (j = 0; j < n; j = j + 1) put_byte(noise(1'b0));
          put_end;
          if (n > 64) expect_error(ERR_LENGTH, MSG_ECHO_REQUEST);
          else begin
            expect_head(MSG_ECHO, seq, id, n);
            for (j = 0; j < n; j = j + 1) expect_reply(stream[begin_at + 16 + j]);
          end
        end
        14: begin                 // unknown type, an answer's type, another version, a corrupt header, a length too long
          kind = pick(5);
          n = pick(20);
          put_header(kind == 2 ? 8'd3 : 8'd1, kind == 0 ? 8'h10 + pick(100) : kind == 1 ? MSG_RESULT : MSG_IRF, seq, id);
          for (j = 0; j < n; j = j + 1) put_byte(noise(1'b0));
          put_end;
          case (kind)
            0, 1: expect_error(ERR_TYPE, stream[begin_at + 3]);
            2: expect_error(ERR_VERSION, MSG_IRF);
            3: begin               // the next magic is hunted for: nothing after the header may look like one
              stream[begin_at + 15] = stream[begin_at + 15] ^ 8'h01;
              for (j = begin_at + 16; j < stream_size; j = j + 1) stream[j] = 8'h00;
              seq = 32'd0;
              expect_error(ERR_HEADER, MSG_IRF);
            end
            default: begin
              stream_size = begin_at + 16;
              stream[begin_at + 8] = 8'h01;
              stream[begin_at + 9] = 8'h80;
              crc = 32'hFFFFFFFF;
              for (j = 0; j < 14; j = j + 1) crc = crc_bitwise(crc, stream[begin_at + j]);
              stream[begin_at + 14] = ~crc[7:0];
              stream[begin_at + 15] = ~crc[15:8];
              expect_error(ERR_LENGTH, MSG_IRF);
            end
          endcase
        end
        default: begin             // garbage between messages: no answer
          for (j = pick(20); j > 0; j = j - 1) put_byte(pick(2) == 0 ? 8'h54 : 8'h00);
          put_byte(8'h00);
        end
      endcase
    end
  endtask

  // Takes the answers apart.
  task compare;
    integer from, j, n;
    begin
      from = 0;
      while (from < got_size) begin
        length = {got[from + 11], got[from + 10], got[from + 9], got[from + 8]};
        crc = 32'hFFFFFFFF;
        for (j = 0; j < 14; j = j + 1) crc = crc_bitwise(crc, got[from + j]);
        if ({got[from + 1], got[from]} !== 16'h7354 || got[from + 2] !== 8'd1 || {got[from + 15], got[from + 14]} !== ~crc[15:0]) begin
          errors = errors + 1;
          $display("FAIL header of an answer at byte %0d", from);
          from = got_size;
        end else begin
          for (j = 14; j < 16 + length; j = j + 1) crc = crc_bitwise(crc, got[from + j]);
          j = from + 16 + length;
          if ({got[j + 3], got[j + 2], got[j + 1], got[j]} !== ~crc) begin
            errors = errors + 1;
            $display("FAIL CRC of an answer at byte %0d", from);
          end
          for (j = 3; j < 16 + length; j = j + 1)
            if (j < 14 || j > 15) begin
              n = j < 8 ? j - 3 : j < 12 ? j - 1 : j < 14 ? j - 7 : j - 5;   // expected: type, seq, config, length, payload
              if (got[from + 3] == MSG_RESULT ? got[from + j] !== result[result_at + n] : got[from + j] !== reply[reply_at + n]) begin
                errors = errors + 1;
                if (errors < 10) $display("FAIL answer of type %h at byte %0d + %0d: %h", got[from + 3], from, j, got[from + j]);
              end
            end
          if (got[from + 3] == MSG_RESULT) result_at = result_at + 11 + length;
          else reply_at = reply_at + 11 + length;
          from = from + 20 + length;
        end
      end
      if (result_at != result_size || reply_at != reply_size) begin
        errors = errors + 1;
        $display("FAIL %0d of %0d result bytes, %0d of %0d reply bytes", result_at, result_size, reply_at, reply_size);
      end
    end
  endtask

  initial begin
    held = 17'h10001;
    irf_there = 0;
    for (i = 0; i < 64; i = i + 1) numbers[i] = noise(1'b0);
    // a histogram before anything is configured
    seq = 32'd9;
    id = 16'd5;
    put_load(MSG_HISTOGRAM_RAW, 16, 0, 16);
    for (i = 0; i < ROUNDS; i = i + 1) put_request(i % 50 == 0 ? 0 : i % 50 == 1 ? 1 : pick(16));

    @(negedge clk);
    @(negedge clk);
    rst = 0;
    at = 0;
    idle = 0;
    for (clocks = 0; idle < 2000 && clocks < 1000000; clocks = clocks + 1) begin
      n = clocks[13] ? 1 : clocks[12] ? 3 : 0;
      rx_valid = at < stream_size && (n == 1 || pick(3) == 0 || (PACED != 0 && rx_valid && !took));   // paced: what waits stays
      rx_data = rx_valid ? stream[at] : noise(1'b0);
      tx_ready = clocks[15:11] == 5'd9 ? 0 : n != 3 || pick(3) == 0;    // at times nobody reads for long
      #1 took = rx_valid && rx_ready;
      if (tx_valid && tx_ready) begin
        got[got_size] = tx_data;
        got_size = got_size + 1;
      end
      idle = at < stream_size || busy || tx_valid ? 0 : idle + 1;
      if (!busy && tx_valid) errors = errors + 1;
      if (idle > 20 && busy) errors = errors + 1;
      @(negedge clk);
      if (took) at = at + 1;
    end
    if (idle < 2000) begin
      errors = errors + 1;
      $display("FAIL never idle, %0d of %0d bytes", at, stream_size);
    end
    compare;
    if (dut.g_decay.g_fit.farm.g_one.engine.errors != 0) begin
      errors = errors + 1;
      $display("FAIL %0d breaches of the engine's interface", dut.g_decay.g_fit.farm.g_one.engine.errors);
    end
    $display("%0d replies, %0d results, %0d clocks, %0d bytes in, %0d out", replies, results, clocks, stream_size, got_size);
    if (errors == 0) $display("PASS");
    $finish;
  end
endmodule
