DROP TABLE transparency_figures;
