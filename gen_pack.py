import os
order=[]
files=sorted(f for f in os.listdir('src/rules') if f.endswith('.toml'))
with open('src/classify/pack_files.rs','w') as o:
    o.write("/// Name and text of each file.\nconst FILES: &[(&str, &str)] = &[\n")
    for f in files: o.write(f'    ("{f}", include_str!("../rules/{f}")),\n')
    o.write("];\n")
