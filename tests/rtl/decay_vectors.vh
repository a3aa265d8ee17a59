// Included by the benches of the decay passes, behind pass_vectors.vh: a pass of the file, as decay_pass's bench.cpp writes it.
// The module has the pass's ports, irf and y, and W, the bits of a word.
  task read_pass;
    begin
      first = b[0];
      fraction_bits = c[5:0];
      components = d[2:0];
      taps = e[3:0];
      shift_taps = f[3:0];
      octaves = g[3:0];
      got = $fscanf(file, "%h %h %h %h", a, b, c, d);
      pre = a[GROUPS_BITS-1:0];
      fine = b[GROUPS_BITS-1:0];
      for (i = 0; i < 12; i = i + 1) begin
        got = $fscanf(file, "%h", e);
        octave_groups[8*i +: 8] = e[7:0];
      end
      for (i = 0; i < d; i = i + 1) begin
        got = $fscanf(file, "%h", e);
        irf[i] = e[W-1:0];
      end
      for (i = 0; i < c; i = i + 1) begin
        got = $fscanf(file, "%h", e);
        y[i] = e[23:0];
      end
      got = $fscanf(file, "%h", n);
      for (i = 0; i < n; i = i + 1) begin
        got = $fscanf(file, "%h %h", a, b);
        write_word(a[9:0], b);
      end
    end
  endtask

  task judge_scales;
    begin
      got = $fscanf(file, "%h %h", a, b);
      if (rf !== a[5:0] || eb !== b[6:0]) good = 0;
      judge;
    end
  endtask
